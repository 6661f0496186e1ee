use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

/// The scores of a program and day.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "adherence_metrics")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: NaiveDate,
    pub nutrition_score: Option<i32>,
    pub strength_score: Option<i32>,
    pub clinical_score: Option<i32>,
    pub total_score: Option<i32>,
    pub control_score: Option<i32>,
    #[sea_orm(column_type = "JsonBinary")]
    pub details: Json,
    pub computed_at: DateTime<Utc>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
