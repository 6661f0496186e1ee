use backends::{Action, DbResultExt, Scope, Subject, Tx};
use chassis::{Actor, Error};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::Store;
use super::entity::users;
use super::sessions;
use crate::domain::session::EndReason;
use crate::error;

/// An account that was locked.
pub struct Locked {
    /// Its id.
    pub user_id: i64,
    /// How many sessions that ended.
    pub sessions: u64,
}

impl Store {
    /// Locks the account of an address, be it deleted: ends its sessions, and lets nobody open one until it is unlocked.
    pub async fn lock(&self, email: &str) -> Result<Locked, Error> {
        let now = self.db.clock().now();
        let tx = self.db.write(&operator(), Action::Lock, "User", Scope::Own).await?;
        let user = held(&tx, email).await?;
        let user_id = user.id;
        let mut locked = user.into_active_model();
        locked.locked_at = Set(Some(now));
        locked.update(tx.connection()).await.stored()?;
        let sessions = sessions::end(&tx, sessions::of(user_id), EndReason::AccountLocked, now).await?;
        tx.commit(Subject::outside(user_id)).await?;
        Ok(Locked { user_id, sessions })
    }

    /// Lets the owner of an account sign in again, and tells its id. What has ended stays so.
    pub async fn unlock(&self, email: &str) -> Result<i64, Error> {
        let tx = self.db.write(&operator(), Action::Unlock, "User", Scope::Own).await?;
        let user = held(&tx, email).await?;
        let user_id = user.id;
        let mut unlocked = user.into_active_model();
        unlocked.locked_at = Set(None);
        unlocked.update(tx.connection()).await.stored()?;
        tx.commit(Subject::outside(user_id)).await?;
        Ok(user_id)
    }
}

/// Refuses to open a session of a locked account. Asked once its owner has proved who they are, so nobody else learns of it; and with
/// the account's row held, so no session slips in while it is being locked.
pub(super) fn must_not_be_locked(user: &users::Model) -> Result<(), Error> {
    match user.locked_at {
        None => Ok(()),
        Some(_) => Err(error::account_locked()),
    }
}

fn operator() -> Actor {
    Actor::system(Uuid::new_v4())
}

/// The account of an address, its row held until the transaction ends.
async fn held(tx: &Tx, email: &str) -> Result<users::Model, Error> {
    let found = users::Entity::find().filter(users::Column::Email.eq(email)).lock_exclusive();
    let user = found.one(tx.connection()).await.stored()?;
    user.ok_or_else(|| Error::not_found("no account has this e-mail address"))
}
