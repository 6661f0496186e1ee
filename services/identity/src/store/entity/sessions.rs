use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A sign-in, from its proof to its end.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Its id, the `sid` of its access tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// What opened it, as [`crate::domain::session::Proof`] writes it.
    pub proof: String,
    /// When it last bought tokens.
    pub last_used_at: DateTime<Utc>,
    /// The address that was from.
    pub address: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why, as [`crate::domain::session::EndReason`] writes it.
    pub end_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::users::Entity", from = "Column::UserId", to = "super::users::Column::Id")]
    User,
}

impl Related<super::users::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
