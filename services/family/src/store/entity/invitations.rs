use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// Asks the owner of an address to manage a family.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub struct Model {
    /// The family.
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    /// The invitation's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The address, in small letters; whether it has an account is not known.
    pub email: String,
    /// A digest of the address, to find invitations of all families by, where no row may say what it says.
    pub address: String,
    /// The manager that invites.
    pub invited_by: i64,
    /// PENDING, ACCEPTED, DECLINED or WITHDRAWN.
    pub status: String,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it can no longer be accepted.
    pub expires_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
