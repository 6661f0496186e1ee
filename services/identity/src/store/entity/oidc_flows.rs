use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A sign-in at an identity provider that has begun. It goes when it ends.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oidc_flows")]
pub struct Model {
    /// The SHA-256 of the secret that the browser keeps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The provider's name.
    pub provider: String,
    /// Where the browser comes back to.
    pub redirect_uri: String,
    /// When it can no longer be ended.
    pub expires_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
