use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// The answer that a request got.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    pub fingerprint: Vec<u8>,
    pub answer: Vec<u8>,
    pub resource_id: i64,
    pub resource_type: String,
    pub created_at: DateTime<Utc>,
}

crate::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
