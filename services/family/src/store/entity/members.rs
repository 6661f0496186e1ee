use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

/// Somebody a family cares for.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub struct Model {
    /// The family.
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    /// The member's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The name.
    pub name: String,
    /// The day of birth.
    pub birth_date: NaiveDate,
    /// What the member is to the family.
    pub relation_type: String,
    /// The IANA time zone the member lives in.
    pub time_zone: String,
    /// Whether the member takes part in the family's leaderboard.
    pub leaderboard_opt_in: bool,
    /// The account that added the member.
    pub created_by: i64,
    /// When the member was added.
    pub created_at: DateTime<Utc>,
    /// When the member was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// When the import began that has yet to bring the member's record.
    pub importing_since: Option<DateTime<Utc>>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
