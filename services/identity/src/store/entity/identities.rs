use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// Somebody at an identity provider, and the account they are here.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    /// The provider's issuer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub issuer: String,
    /// The provider's name for the person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// The account.
    pub user_id: i64,
    /// When the two were tied together.
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
