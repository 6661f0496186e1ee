use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A log's photo.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "image_metadata")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub log_id: i64,
    pub program_id: i64,
    pub s3_key: String,
    pub kept_key: Option<String>,
    pub upload_timestamp: DateTime<Utc>,
    pub processing_status: String,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub extracted_data: Option<Json>,
    pub failure_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
