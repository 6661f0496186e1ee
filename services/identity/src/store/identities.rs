use std::collections::BTreeSet;

use backends::{Action, DbResultExt, Scope, Subject, Tx, db_error, is_unique_violation};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};

use super::Store;
use super::entity::identities::{ActiveModel, Column, Entity};
use super::entity::users as user_rows;
use super::locks::must_not_be_locked;
use super::sessions::{self, NewSession};
use super::users::{self, NewUser, living};
use crate::domain::session::EndReason;

/// Somebody at a provider.
#[derive(Clone)]
pub struct Identity {
    /// The provider's issuer.
    pub issuer: String,
    /// The provider's name for the person.
    pub subject: String,
}

/// An account that an identity leads to.
pub struct Found {
    /// Its id.
    pub user_id: i64,
    /// Whether it is deleted.
    pub deleted: bool,
}

impl From<user_rows::Model> for Found {
    fn from(user: user_rows::Model) -> Self {
        Self { user_id: user.id, deleted: user.deleted_at.is_some() }
    }
}

impl Store {
    /// The account an identity is tied to.
    pub async fn account_of(&self, identity: &Identity) -> Result<Option<Found>, Error> {
        let reader = self.db.read_primary(Scope::Own).await?;
        let key = (identity.issuer.clone(), identity.subject.clone());
        let Some(row) = Entity::find_by_id(key).one(reader.connection()).await.stored()? else {
            return Ok(None);
        };
        let user = user_rows::Entity::find_by_id(row.user_id).one(reader.connection()).await.stored()?;
        Ok(user.map(Found::from))
    }

    /// The account of an address, be it a deleted one.
    pub async fn account_at(&self, email: &str) -> Result<Option<Found>, Error> {
        let found = user_rows::Entity::find().filter(user_rows::Column::Email.eq(email));
        let user = found.one(self.db.read_primary(Scope::Own).await?.connection()).await.stored()?;
        Ok(user.map(Found::from))
    }

    /// Those of some accounts whose address a provider has vouched for: all that are tied to somebody there.
    pub async fn proved(&self, accounts: impl IntoIterator<Item = i64>) -> Result<BTreeSet<i64>, Error> {
        let tied = Entity::find().filter(Column::UserId.is_in(accounts));
        let tied = tied.all(self.db.read_primary(Scope::Own).await?.connection()).await.stored()?;
        Ok(tied.into_iter().map(|row| row.user_id).collect())
    }

    /// Opens a session of a tied account. False when the account has just been deleted.
    pub async fn enter(&self, actor: &Actor, session: NewSession) -> Result<bool, Error> {
        let tx = self.db.write(actor, Action::Login, "Session", Scope::Own).await?;
        if held(&tx, session.user_id).await?.is_none() {
            return Ok(false);
        }
        let id = session.id;
        sessions::insert(&tx, session).await?;
        tx.commit(Subject::outside(id)).await?;
        Ok(true)
    }

    /// Ties an identity to the account of its verified address, and opens a session. False when something came in between.
    ///
    /// The first one to be tied takes the account over: until then nobody has proved that the address is theirs, so that a
    /// password and the sessions may be of somebody who lay in wait.
    pub async fn link(
        &self,
        actor: &Actor,
        identity: Identity,
        session: NewSession,
        no_password: String,
    ) -> Result<bool, Error> {
        let tx = self.db.write(actor, Action::Login, "Session", Scope::Own).await?;
        let Some(user) = held(&tx, session.user_id).await? else { return Ok(false) };
        let (user_id, now) = (user.id, session.token.issued_at);
        let ties = Entity::find().filter(Column::UserId.eq(user_id)).count(tx.connection()).await.stored()?;
        if ties == 0 {
            sessions::end(&tx, sessions::of(user_id), EndReason::AccountClaimed, now).await?;
            let mut user = user.into_active_model();
            user.password_hash = Set(no_password);
            user.update(tx.connection()).await.stored()?;
        }
        let id = session.id;
        if !tie(&tx, identity, user_id, now).await? {
            return Ok(false);
        }
        sessions::insert(&tx, session).await?;
        tx.audit(actor, Action::Update, "User", Subject::outside(user_id)).await?;
        tx.commit(Subject::outside(id)).await?;
        Ok(true)
    }

    /// Opens an account for an identity, and its first session. False when something came in between.
    pub async fn register_identity(
        &self,
        actor: &Actor,
        identity: Identity,
        user: NewUser,
    ) -> Result<bool, Error> {
        let (id, now) = (user.id, user.session.token.issued_at);
        let tx = self.db.write(actor, Action::Register, "User", Scope::Own).await?;
        if !users::insert(&tx, user).await? || !tie(&tx, identity, id, now).await? {
            return Ok(false);
        }
        tx.commit(Subject::outside(id)).await?;
        Ok(true)
    }
}

/// The living account, its row held until the transaction ends. Refused when an operator has locked it.
async fn held(tx: &Tx, user_id: i64) -> Result<Option<user_rows::Model>, Error> {
    let user = living().filter(user_rows::Column::Id.eq(user_id)).lock_exclusive();
    let user = user.one(tx.connection()).await.stored()?;
    user.iter().try_for_each(must_not_be_locked)?;
    Ok(user)
}

/// False when the identity is tied already.
async fn tie(tx: &Tx, identity: Identity, user_id: i64, now: DateTime<Utc>) -> Result<bool, Error> {
    let row = ActiveModel {
        issuer: Set(identity.issuer),
        subject: Set(identity.subject),
        user_id: Set(user_id),
        created_at: Set(now),
    };
    match Entity::insert(row).exec_without_returning(tx.connection()).await {
        Err(error) if is_unique_violation(&error) => Ok(false),
        inserted => inserted.map(|_| true).map_err(|error| db_error(&error)),
    }
}
