use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// One revision of a log.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "daily_logs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub timestamp: DateTime<Utc>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    pub log_type: String,
    pub status: String,
    pub is_verified: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub utc_offset_minutes: i16,
    pub time_zone: String,
    pub author_id: i64,
    pub current: bool,
    pub plan_version: i32,
    pub recorded_at: DateTime<Utc>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
