use backends::{Action, DbResultExt, Scope, Subject, db_error, is_unique_violation};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Store;
use super::entity::signing_keys::{ActiveModel, Column, Entity, Model};
use crate::domain::rotation;
use crate::keys::Sealed;

impl Store {
    /// All signing keys, the newest first.
    pub async fn signing_keys(&self) -> Result<Vec<Model>, Error> {
        let newest_first = Entity::find().order_by_desc(Column::Generation);
        newest_first.all(self.db.read_primary(Scope::Own).await?.connection()).await.stored()
    }

    /// The keys to publish, the newest first.
    pub async fn published_keys(&self, now: DateTime<Utc>) -> Result<Vec<Model>, Error> {
        let mut keys = self.signing_keys().await?;
        keys.truncate(rotation::published(&made(&keys), now));
        Ok(keys)
    }

    /// Adds the key that follows `keys`, and lets go of those that are no longer published. Where another process has just
    /// added it, nothing happens.
    pub async fn add_signing_key(
        &self,
        keys: &[Model],
        next: Sealed,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Sealed { kid, secret, public_key } = next;
        let generation = keys.first().map_or(1, |newest| newest.generation + 1);
        let row = ActiveModel {
            generation: Set(generation),
            kid: Set(kid),
            secret: Set(secret),
            public_key: Set(public_key),
            created_at: Set(now),
        };
        let actor = Actor::system(Uuid::new_v4());
        let tx = self.db.write(&actor, Action::Create, "SigningKey", Scope::Own).await?;
        match Entity::insert(row).exec_without_returning(tx.connection()).await {
            Err(error) if is_unique_violation(&error) => return Ok(()),
            inserted => inserted.map_err(|error| db_error(&error))?,
        };
        if let Some(gone) = keys.get(rotation::published(&made(keys), now)) {
            let old = Entity::delete_many().filter(Column::Generation.lte(gone.generation));
            old.exec(tx.connection()).await.stored()?;
        }
        tx.commit(Subject::outside(generation)).await
    }
}

/// When each of some keys was made.
pub fn made(keys: &[Model]) -> Vec<DateTime<Utc>> {
    keys.iter().map(|key| key.created_at).collect()
}
