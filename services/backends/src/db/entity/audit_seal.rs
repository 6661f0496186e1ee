use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// What was chained at once, bound to all that was before; rows are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_seals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// How many rows are chained up to here.
    pub total: i64,
    pub digest: Vec<u8>,
    pub sealed_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
