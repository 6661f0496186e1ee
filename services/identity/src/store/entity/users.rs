use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// An account.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The address, in small letters.
    pub email: String,
    /// The argon2id hash of the password, as a PHC string; one that no password has where there is none.
    pub password_hash: String,
    /// The person's name.
    pub full_name: String,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// When an operator locked it.
    pub locked_at: Option<DateTime<Utc>>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
