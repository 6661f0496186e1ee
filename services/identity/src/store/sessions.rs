use backends::{Action, DbResultExt, Scope, Subject, Tx};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::Store;
use super::attempts::Guess;
use super::entity::{refresh_tokens, sessions, users};
use super::locks::must_not_be_locked;
use super::{attempts, spent_id_tokens};
use crate::domain::session::{self, EndReason, LONGEST, Presented, Proof, REFRESH_LIFETIME, Verdict};

/// A session to open.
pub struct NewSession {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// Its first refresh token.
    pub token: NewToken,
    /// Who uses it.
    pub client: Client,
    /// What opens it.
    pub opening: Opening,
}

/// What a session is opened by.
#[derive(Clone)]
pub struct Opening {
    /// What was proved.
    pub proof: Proof,
    /// The ID token that proved it, where one did, which opens nothing more.
    pub spends: Option<IdToken>,
}

/// An ID token, as far as it must be known again.
#[derive(Clone)]
pub struct IdToken {
    /// The hash of what its signature covers.
    pub hash: Vec<u8>,
    /// When it is too old to be believed.
    pub expires_at: DateTime<Utc>,
}

/// What is known of the client of a session.
#[derive(Clone)]
pub struct Client {
    /// Its address.
    pub address: Option<String>,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

/// Where a session stands in the list of its user's.
pub type Position = (DateTime<Utc>, i64);

/// A refresh token to keep.
pub struct NewToken {
    /// Its hash.
    pub hash: Vec<u8>,
    /// When it is handed out.
    pub issued_at: DateTime<Utc>,
}

impl Store {
    /// The next session's id.
    pub async fn next_session_id(&self) -> Result<i64, Error> {
        self.db.next_id("sessions").await
    }

    /// Opens a session after a right guess, which clears the wrong ones before it. False when the account has just been
    /// deleted; refused when it is locked.
    pub async fn open_session(
        &self,
        actor: &Actor,
        session: NewSession,
        guess: &Guess,
    ) -> Result<bool, Error> {
        let tx = self.db.write(actor, Action::Login, "Session", Scope::Own).await?;
        let user = users::Entity::find_by_id(session.user_id).filter(users::Column::DeletedAt.is_null());
        let Some(user) = user.lock_exclusive().one(tx.connection()).await.stored()? else { return Ok(false) };
        must_not_be_locked(&user)?;
        attempts::clear(&tx, guess).await?;
        let id = session.id;
        insert(&tx, session).await?;
        tx.commit(Subject::outside(id)).await?;
        Ok(true)
    }

    /// The session a refresh token was handed out for.
    pub async fn token_owner(&self, hash: &[u8]) -> Result<Option<sessions::Model>, Error> {
        let found = refresh_tokens::Entity::find_by_id(hash).find_also_related(sessions::Entity);
        Ok(found
            .one(self.db.read(Scope::Own).await?.connection())
            .await
            .stored()?
            .and_then(|(_, session)| session))
    }

    /// Exchanges a refresh token for the next one, or ends its session when it was exchanged before. The token's row is
    /// locked while it is judged, so of many at once one is the first.
    pub async fn rotate(
        &self,
        actor: &Actor,
        hash: &[u8],
        next: NewToken,
        client: Client,
    ) -> Result<Verdict, Error> {
        let now = next.issued_at;
        let tx = self.db.write(actor, Action::Refresh, "Session", Scope::Own).await?;
        let token =
            refresh_tokens::Entity::find_by_id(hash).lock_exclusive().one(tx.connection()).await.stored()?;
        let Some(token) = token else { return Ok(Verdict::Refused) };
        let session = alive(tx.connection(), token.session_id, now).await?;
        let Some(session) = session else { return Ok(Verdict::Refused) };
        let presented = Presented { used_at: token.used_at, expires_at: token.expires_at };
        let presented_by = token.session_id;
        let subject = Subject::outside(presented_by);
        let verdict = presented.judge(now);
        match verdict {
            Verdict::Rotate => {
                insert_token(&tx, presented_by, next, session::end(session.created_at)).await?;
                let mut used = token.into_active_model();
                used.used_at = Set(Some(now));
                used.update(tx.connection()).await.stored()?;
                touch(&tx, presented_by, client, now).await?;
                tx.commit(subject).await?;
            }
            Verdict::Reused => {
                end(&tx, one(presented_by), EndReason::TokenReused, now).await?;
                tx.commit_denied(subject).await?;
            }
            Verdict::Refused => {}
        }
        Ok(verdict)
    }

    /// Ends a session because its user signs out.
    pub async fn sign_out(&self, actor: &Actor, session_id: i64, now: DateTime<Utc>) -> Result<(), Error> {
        let tx = self.db.write(actor, Action::Logout, "Session", Scope::Own).await?;
        end(&tx, one(session_id), EndReason::Logout, now).await?;
        tx.commit(Subject::outside(session_id)).await
    }

    /// A user's sessions that have not ended, the newest first.
    pub async fn sessions(
        &self,
        user_id: i64,
        after: Option<Position>,
        limit: u64,
        now: DateTime<Utc>,
    ) -> Result<Vec<sessions::Model>, Error> {
        use sessions::Column::{CreatedAt, EndedAt, Id, LastUsedAt, UserId};
        let mut found = sessions::Entity::find()
            .filter(UserId.eq(user_id))
            .filter(EndedAt.is_null())
            .filter(LastUsedAt.gt(now - REFRESH_LIFETIME))
            .filter(CreatedAt.gt(now - LONGEST));
        if let Some((created_at, id)) = after {
            let same = Condition::all().add(CreatedAt.eq(created_at)).add(Id.lt(id));
            found = found.filter(Condition::any().add(CreatedAt.lt(created_at)).add(same));
        }
        let found = found.order_by_desc(CreatedAt).order_by_desc(Id).limit(limit);
        found.all(self.db.read_primary(Scope::Own).await?.connection()).await.stored()
    }

    /// Ends a session of the actor's. Denied alike when it is another's, has ended, or never was.
    pub async fn revoke(&self, actor: &Actor, session_id: i64, now: DateTime<Utc>) -> Result<(), Error> {
        let tx = self.db.write(actor, Action::Revoke, "Session", Scope::Own).await?;
        let its = Condition::all()
            .add(sessions::Column::Id.eq(session_id))
            .add(sessions::Column::UserId.eq(actor.user_id));
        match end(&tx, its, EndReason::Revoked, now).await? {
            0 => Err(Error::denied()),
            _ => tx.commit(Subject::outside(session_id)).await,
        }
    }

    /// Whether a session goes on and its account is not deleted: by the last word, since access hangs on it.
    pub async fn session_alive(&self, session_id: i64, now: DateTime<Utc>) -> Result<bool, Error> {
        Ok(self.living_session(session_id, now).await?.is_some())
    }

    /// A session that goes on, and whose account is not deleted.
    pub async fn living_session(
        &self,
        session_id: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<sessions::Model>, Error> {
        alive(self.db.read_primary(Scope::Own).await?.connection(), session_id, now).await
    }
}

/// Adds a session and its first refresh token. Refused when an ID token would open it that has opened one before.
pub(super) async fn insert(tx: &Tx, session: NewSession) -> Result<(), Error> {
    let (created_at, Opening { proof, spends }) = (session.token.issued_at, session.opening);
    if let Some(token) = spends {
        spent_id_tokens::spend(tx, token, created_at).await?;
    }
    let row = sessions::ActiveModel {
        id: Set(session.id),
        user_id: Set(session.user_id),
        created_at: Set(created_at),
        proof: Set(proof.as_str().to_owned()),
        last_used_at: Set(created_at),
        address: Set(session.client.address),
        user_agent: Set(session.client.user_agent),
        ended_at: Set(None),
        end_reason: Set(None),
    };
    sessions::Entity::insert(row).exec_without_returning(tx.connection()).await.stored()?;
    insert_token(tx, session.id, session.token, session::end(created_at)).await
}

/// Ends those of some sessions that are still alive, and says how many that were.
pub(super) async fn end(
    tx: &Tx,
    which: Condition,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    let ended = sessions::ActiveModel {
        ended_at: Set(Some(now)),
        end_reason: Set(Some(reason.as_str().to_owned())),
        ..Default::default()
    };
    let which = Condition::all().add(which).add(sessions::Column::EndedAt.is_null());
    let done =
        sessions::Entity::update_many().set(ended).filter(which).exec(tx.connection()).await.stored()?;
    Ok(done.rows_affected)
}

fn one(session_id: i64) -> Condition {
    Condition::all().add(sessions::Column::Id.eq(session_id))
}

/// All sessions of a user.
pub(super) fn of(user_id: i64) -> Condition {
    Condition::all().add(sessions::Column::UserId.eq(user_id))
}

/// Notes that a session has bought tokens, and who did.
async fn touch(tx: &Tx, session_id: i64, client: Client, now: DateTime<Utc>) -> Result<(), Error> {
    let used = sessions::ActiveModel {
        last_used_at: Set(now),
        address: Set(client.address),
        user_agent: Set(client.user_agent),
        ..Default::default()
    };
    let which = sessions::Entity::update_many().set(used).filter(sessions::Column::Id.eq(session_id));
    which.exec(tx.connection()).await.stored()?;
    Ok(())
}

async fn insert_token(
    tx: &Tx,
    session_id: i64,
    token: NewToken,
    session_end: DateTime<Utc>,
) -> Result<(), Error> {
    let row = refresh_tokens::ActiveModel {
        hash: Set(token.hash),
        session_id: Set(session_id),
        issued_at: Set(token.issued_at),
        expires_at: Set(session_end.min(token.issued_at + REFRESH_LIFETIME)),
        used_at: Set(None),
    };
    refresh_tokens::Entity::insert(row).exec_without_returning(tx.connection()).await.stored()?;
    Ok(())
}

async fn alive(
    connection: &impl ConnectionTrait,
    session_id: i64,
    now: DateTime<Utc>,
) -> Result<Option<sessions::Model>, Error> {
    let session = sessions::Entity::find_by_id(session_id)
        .inner_join(users::Entity)
        .filter(sessions::Column::EndedAt.is_null())
        .filter(sessions::Column::CreatedAt.gt(now - LONGEST))
        .filter(users::Column::DeletedAt.is_null());
    session.one(connection).await.stored()
}
