use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

/// A program.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "care_programs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub member_id: i64,
    pub title: String,
    pub start_date: NaiveDate,
    pub status: String,
    pub completed_date: Option<NaiveDate>,
    pub plan_version: i64,
    pub created_by: i64,
    pub created_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
