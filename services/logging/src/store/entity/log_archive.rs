use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

/// One file of the archive: some of the revisions of one month, in the order of their key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_archives")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: NaiveDate,
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    pub s3_key: String,
    /// The families between these two, and no others, may have revisions in it.
    pub first_family_id: i64,
    pub last_family_id: i64,
    pub revisions: i64,
    pub bytes: i64,
    /// Of the revisions' content, in hexadecimal.
    pub sha256: String,
    pub archived_at: DateTime<Utc>,
    /// The file it stands in for, while that is not removed yet.
    pub replaces: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
