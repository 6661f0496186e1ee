use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::grant::LogType;

/// Lets somebody see part of a member's data.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    /// The family.
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    /// The grant's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The member it is about.
    pub member_id: i64,
    /// The account that may look.
    pub user_id: i64,
    /// MEMBER or DOCTOR.
    pub role: String,
    /// The kinds of logs it opens.
    #[sea_orm(column_type = "JsonBinary")]
    pub log_types: LogTypes,
    /// When it begins.
    pub not_before: DateTime<Utc>,
    /// When it ends; none for an open end.
    pub not_after: Option<DateTime<Utc>>,
    /// When it was given.
    pub created_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

backends::opaque!(Model);

/// Kinds of logs, as a JSON array of words in capitals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct LogTypes(pub BTreeSet<LogType>);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
