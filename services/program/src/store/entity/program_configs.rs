use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

/// One version of a program's goals.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "program_configs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub effective_date: NaiveDate,
    #[sea_orm(column_type = "JsonBinary")]
    pub nutrition_goals: Option<Json>,
    #[sea_orm(column_type = "JsonBinary")]
    pub strength_goals: Option<Json>,
    #[sea_orm(column_type = "JsonBinary")]
    pub clinical_goals: Option<Json>,
    #[sea_orm(column_type = "JsonBinary")]
    pub phases: Json,
    pub created_at: DateTime<Utc>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
