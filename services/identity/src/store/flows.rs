use backends::{Action, DbResultExt, Scope};
use chassis::{Actor, Error};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::Store;
use super::entity::oidc_flows::{ActiveModel, Column, Entity, Model};

/// How long a flow may take.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

impl Store {
    /// Keeps a flow that begins, and lets go of those that nobody ended.
    pub async fn begin_flow(
        &self,
        actor: &Actor,
        hash: Vec<u8>,
        (provider, redirect_uri): (String, String),
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let row = ActiveModel {
            hash: Set(hash),
            provider: Set(provider),
            redirect_uri: Set(redirect_uri),
            expires_at: Set(now + LIFETIME),
        };
        let tx = self.db.write(actor, Action::Login, "OidcFlow", Scope::Own).await?;
        Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(tx.connection()).await.stored()?;
        Entity::insert(row).exec_without_returning(tx.connection()).await.stored()?;
        tx.commit_quietly().await
    }

    /// Takes a flow away, so that it can be ended once: of many who try at once, one gets it. None when there is none, or it
    /// took too long.
    pub async fn take_flow(
        &self,
        actor: &Actor,
        hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Model>, Error> {
        let tx = self.db.write(actor, Action::Login, "OidcFlow", Scope::Own).await?;
        let found = Entity::find_by_id(hash).lock_exclusive().one(tx.connection()).await.stored()?;
        let Some(flow) = found else { return Ok(None) };
        Entity::delete_by_id(hash).exec(tx.connection()).await.stored()?;
        tx.commit_quietly().await?;
        Ok(Some(flow).filter(|flow| now < flow.expires_at))
    }
}
