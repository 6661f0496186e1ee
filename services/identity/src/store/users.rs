use backends::{Action, DbResultExt, Scope, Subject, Tx, db_error, is_unique_violation};
use chassis::{Actor, Error};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

use super::Store;
use super::attempts::{self, Guess};
use super::entity::sessions as session_rows;
use super::entity::users::{ActiveModel, Column, Entity, Model};
use super::sessions::{self, NewSession};
use crate::domain::account::{PAST_UNDO, UNDO};
use crate::domain::session::EndReason;
use crate::error;

/// An account to open, with its first session.
pub struct NewUser {
    /// Its id.
    pub id: i64,
    /// The address, in small letters.
    pub email: String,
    /// The hash of the password, or one that no password has.
    pub password_hash: String,
    /// The person's name.
    pub full_name: String,
    /// The session that opening it begins.
    pub session: NewSession,
}

/// Another password for an account.
pub struct NewPassword {
    /// Its hash.
    pub hash: String,
    /// The right guess at the old one, where it had to be told.
    pub guess: Option<Guess>,
    /// The session it is changed from, which goes on.
    pub session_id: i64,
}

impl Store {
    /// The next account's id.
    pub async fn next_user_id(&self) -> Result<i64, Error> {
        self.db.next_id("users").await
    }

    /// Whether an address has an account, be it a deleted one.
    pub async fn email_taken(&self, email: &str) -> Result<bool, Error> {
        let found = Entity::find()
            .filter(Column::Email.eq(email))
            .one(self.db.read(Scope::Own).await?.connection())
            .await
            .stored()?;
        Ok(found.is_some())
    }

    /// Opens an account and its first session.
    pub async fn register(&self, actor: &Actor, user: NewUser) -> Result<(), Error> {
        let id = user.id;
        let tx = self.db.write(actor, Action::Register, "User", Scope::Own).await?;
        let inserted = insert(&tx, user).await?;
        if inserted { tx.commit(Subject::outside(id)).await } else { Err(error::email_taken()) }
    }

    /// The living account of an address: by the last word, since a password that has been taken away must open nothing.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<Model>, Error> {
        living()
            .filter(Column::Email.eq(email))
            .one(self.db.read_primary(Scope::Own).await?.connection())
            .await
            .stored()
    }

    /// The account of an address whose deletion can be taken back.
    pub async fn deleted_user(&self, email: &str, now: DateTime<Utc>) -> Result<Option<Model>, Error> {
        let found = Entity::find().filter(Column::Email.eq(email)).filter(Column::DeletedAt.gt(now - UNDO));
        found.one(self.db.read_primary(Scope::Own).await?.connection()).await.stored()
    }

    /// Takes the deletion of an account back; false when it is locked or not deleted, or has been deleted for too long.
    pub async fn restore_user(&self, actor: &Actor, now: DateTime<Utc>) -> Result<bool, Error> {
        let tx = self.db.write(actor, Action::Restore, "User", Scope::Own).await?;
        let restored = ActiveModel { deleted_at: Set(None), ..Default::default() };
        let which = Condition::all()
            .add(Column::Id.eq(actor.user_id))
            .add(Column::LockedAt.is_null())
            .add(Column::DeletedAt.gt(now - UNDO));
        let done = Entity::update_many().set(restored).filter(which).exec(tx.connection()).await.stored()?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        tx.commit(Subject::outside(actor.user_id)).await?;
        Ok(true)
    }

    /// A living account: by the last word.
    pub async fn user_now(&self, id: i64) -> Result<Option<Model>, Error> {
        living()
            .filter(Column::Id.eq(id))
            .one(self.db.read_primary(Scope::Own).await?.connection())
            .await
            .stored()
    }

    /// A living account.
    pub async fn user(&self, id: i64) -> Result<Option<Model>, Error> {
        living().filter(Column::Id.eq(id)).one(self.db.read(Scope::Own).await?.connection()).await.stored()
    }

    /// The living ones among some accounts, by id.
    pub async fn users(&self, ids: Vec<i64>) -> Result<Vec<Model>, Error> {
        let found = living().filter(Column::Id.is_in(ids)).order_by_asc(Column::Id);
        found.all(self.db.read(Scope::Own).await?.connection()).await.stored()
    }

    /// Gives a living account another name, provided that it is as its owner has seen it.
    pub async fn rename(
        &self,
        actor: &Actor,
        full_name: String,
        as_seen: impl FnOnce(&Model) -> Result<(), Error>,
    ) -> Result<Option<Model>, Error> {
        let tx = self.db.write(actor, Action::Update, "User", Scope::Own).await?;
        let found = living()
            .filter(Column::Id.eq(actor.user_id))
            .lock_exclusive()
            .one(tx.connection())
            .await
            .stored()?;
        let Some(user) = found else { return Ok(None) };
        as_seen(&user)?;
        let mut renamed = user.into_active_model();
        renamed.full_name = Set(full_name);
        let user = renamed.update(tx.connection()).await.stored()?;
        tx.commit(Subject::outside(user.id)).await?;
        Ok(Some(user))
    }

    /// Gives a living account another password, and ends its sessions but the one it is done from. A right guess at the old one
    /// clears the wrong ones before it. False when the account has just been deleted.
    pub async fn set_password(
        &self,
        actor: &Actor,
        change: NewPassword,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let tx = self.db.write(actor, Action::Update, "User", Scope::Own).await?;
        let which = Condition::all().add(Column::Id.eq(actor.user_id)).add(Column::DeletedAt.is_null());
        let changed = ActiveModel { password_hash: Set(change.hash), ..Default::default() };
        let done = Entity::update_many().set(changed).filter(which).exec(tx.connection()).await.stored()?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        if let Some(guess) = &change.guess {
            attempts::clear(&tx, guess).await?;
        }
        let others = sessions::of(actor.user_id).add(session_rows::Column::Id.ne(change.session_id));
        sessions::end(&tx, others, EndReason::PasswordChanged, now).await?;
        tx.commit(Subject::outside(actor.user_id)).await?;
        Ok(true)
    }

    /// Deletes an account, so that it can be restored for a time, or, to be erased, as if that time were over; ends its sessions.
    pub async fn delete_user(&self, actor: &Actor, now: DateTime<Utc>, erase: bool) -> Result<(), Error> {
        let tx = self.db.write(actor, Action::Delete, "User", Scope::Own).await?;
        let deleted_at = now - if erase { PAST_UNDO } else { TimeDelta::zero() };
        let deleted = ActiveModel { deleted_at: Set(Some(deleted_at)), ..Default::default() };
        let which = Entity::update_many().set(deleted).filter(Column::Id.eq(actor.user_id));
        which.filter(Column::DeletedAt.is_null()).exec(tx.connection()).await.stored()?;
        sessions::end(&tx, sessions::of(actor.user_id), EndReason::AccountDeleted, now).await?;
        tx.commit(Subject::outside(actor.user_id)).await
    }
}

/// Adds an account and its first session. False when the address has one; then the transaction is good for nothing more.
pub(super) async fn insert(tx: &Tx, user: NewUser) -> Result<bool, Error> {
    let row = ActiveModel {
        id: Set(user.id),
        email: Set(user.email),
        password_hash: Set(user.password_hash),
        full_name: Set(user.full_name),
        created_at: Set(user.session.token.issued_at),
        deleted_at: Set(None),
        locked_at: Set(None),
    };
    match Entity::insert(row).exec_without_returning(tx.connection()).await {
        Err(error) if is_unique_violation(&error) => return Ok(false),
        inserted => inserted.map_err(|error| db_error(&error))?,
    };
    sessions::insert(tx, user.session).await?;
    Ok(true)
}

/// The finder of accounts that are not deleted.
pub(super) fn living() -> Select<Entity> {
    Entity::find().filter(Column::DeletedAt.is_null())
}
