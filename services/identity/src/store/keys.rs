use backends::{Action, DbResultExt, Scope, Subject};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::Store;
use super::entity::signing_keys::{ActiveModel, Column, Entity, Model};
use crate::domain::session::ACCESS_LIFETIME;
use crate::keys::{KeyEncryptionKey, Sealed};

impl Store {
    /// Makes a signing key when there is none.
    pub async fn ensure_signing_key(&self, lock: &KeyEncryptionKey, now: DateTime<Utc>) -> Result<(), Error> {
        if self.newest_key().await?.is_some() {
            return Ok(());
        }
        let Sealed { kid, secret, public_key } = Sealed::generate(lock)?;
        let tx =
            self.db.write(&Actor::system(Uuid::new_v4()), Action::Create, "SigningKey", Scope::Own).await?;
        if newest(tx.connection()).await?.is_some() {
            return Ok(());
        }
        let row = ActiveModel {
            kid: Set(kid),
            secret: Set(secret),
            public_key: Set(public_key),
            created_at: Set(now),
            retired_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(tx.connection()).await.stored()?;
        tx.commit(Subject::outside(0)).await
    }

    /// The key that signs.
    pub async fn newest_key(&self) -> Result<Option<Model>, Error> {
        newest(self.db.read(Scope::Own).await?.connection()).await
    }

    /// The keys whose tokens may still be alive, the newest first.
    pub async fn usable_keys(&self, now: DateTime<Utc>) -> Result<Vec<Model>, Error> {
        let usable = Condition::any()
            .add(Column::RetiredAt.is_null())
            .add(Column::RetiredAt.gt(now - ACCESS_LIFETIME));
        newest_first().filter(usable).all(self.db.read(Scope::Own).await?.connection()).await.stored()
    }
}

async fn newest(connection: &impl ConnectionTrait) -> Result<Option<Model>, Error> {
    newest_first().filter(Column::RetiredAt.is_null()).one(connection).await.stored()
}

fn newest_first() -> sea_orm::Select<Entity> {
    Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Kid)
}
