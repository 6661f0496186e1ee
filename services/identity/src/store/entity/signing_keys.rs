use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A key that access tokens are signed with.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// Its number: of several processes that make the next key at once, one gets it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    /// Its name, as in a token's header.
    pub kid: String,
    /// The private half, encrypted.
    pub secret: Vec<u8>,
    /// The public half.
    pub public_key: Vec<u8>,
    /// When it was made; when it signs and goes follows from that.
    pub created_at: DateTime<Utc>,
}

backends::opaque!(Model);

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
