use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// An ID token that has opened a session. It goes when it could open none anyway.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spent_id_tokens")]
pub struct Model {
    /// The SHA-256 of what its signature covers.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// When the token is too old to be believed.
    pub expires_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
