use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// How the reading of a photo ended.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inferences")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub log_id: i64,
    pub program_id: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub outcome: Json,
    pub model: String,
    pub photo_kept: bool,
    pub created_at: DateTime<Utc>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
