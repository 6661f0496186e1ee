use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

/// What one revision of a log adds to the score.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contributions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub log_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    pub local_date: NaiveDate,
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub amounts: Json,
    pub impact_basis_points: i32,
    pub recorded_at: DateTime<Utc>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
