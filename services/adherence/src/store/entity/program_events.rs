use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

/// Something that happened to a program's logs or scores.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "program_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub kind: String,
    pub log_id: i64,
    pub log_type: Option<String>,
    pub status: Option<String>,
    pub date: NaiveDate,
    pub total_score: Option<i32>,
    pub occurred_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
