use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// Who did what to which resource; rows are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_logs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub actor_id: i64,
    pub resource_type: String,
    pub resource_id: i64,
    pub member_id: Option<i64>,
    pub action: String,
    pub outcome: String,
    pub ip_address: Option<String>,
    pub request_id: String,
    pub timestamp: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
