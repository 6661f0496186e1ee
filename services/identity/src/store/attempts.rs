use backends::{Action, DbResultExt, Scope, Subject, Tx};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};

use super::Store;
use super::entity::login_attempts::{ActiveModel, Column, Entity, Guesses, Model};
use crate::domain::lockout;
use crate::tokens;

/// A guess that has its place among the recent ones.
pub struct Guess {
    email_hash: Vec<u8>,
    at: DateTime<Utc>,
}

impl Store {
    /// Takes a place for one guess, or says how long to wait for one.
    pub async fn reserve_guess(
        &self,
        actor: &Actor,
        email: &str,
        now: DateTime<Utc>,
    ) -> Result<Guess, Error> {
        let guess = Guess { email_hash: tokens::hash(email), at: now };
        // a crowd that guesses at a locked account is turned away by a read, and keeps nobody from writing
        let seen = Entity::find_by_id(guess.email_hash.clone())
            .one(self.db.read(Scope::Own).await?.connection())
            .await
            .stored()?;
        lockout::reserve(seen.unwrap_or_else(|| none(&guess)).guesses.0, now).map_err(Error::rate_limited)?;

        let tx = self.db.write(actor, Action::Login, "Session", Scope::Own).await?;
        let row = held(&tx, &guess).await?;
        let guesses = lockout::reserve(row.guesses.0, now).map_err(Error::rate_limited)?;
        put(&tx, &guess, guesses).await?;
        tx.commit_quietly().await?;
        Ok(guess)
    }

    /// Gives the place of a guess back that nobody has looked at.
    pub async fn forget_guess(&self, actor: &Actor, guess: &Guess) -> Result<(), Error> {
        let tx = self.db.write(actor, Action::Login, "Session", Scope::Own).await?;
        let row = held(&tx, guess).await?;
        put(&tx, guess, lockout::forget(row.guesses.0, guess.at)).await?;
        tx.commit_quietly().await
    }

    /// Leaves a trace of a guess that was wrong. The actor is the account that was guessed at, or nobody.
    pub async fn record_refusal(&self, actor: &Actor) -> Result<(), Error> {
        let tx = self.db.write(actor, Action::Login, "User", Scope::Own).await?;
        tx.commit_denied(Subject::outside(actor.user_id)).await
    }
}

/// Forgets the guesses at an address, since one was right.
pub(super) async fn clear(tx: &Tx, guess: &Guess) -> Result<(), Error> {
    Entity::delete_by_id(guess.email_hash.clone()).exec(tx.connection()).await.stored()?;
    Ok(())
}

/// The row of the guess's address, locked until the transaction ends.
async fn held(tx: &Tx, guess: &Guess) -> Result<Model, Error> {
    let row = ActiveModel { email_hash: Set(guess.email_hash.clone()), guesses: Set(Guesses::default()) };
    // an update of nothing: it takes the row's lock and returns the row, where "do nothing" would do neither
    let lock = OnConflict::column(Column::EmailHash).update_column(Column::EmailHash).to_owned();
    Entity::insert(row).on_conflict(lock).exec_with_returning(tx.connection()).await.stored()
}

async fn put(tx: &Tx, guess: &Guess, guesses: Vec<DateTime<Utc>>) -> Result<(), Error> {
    let row = ActiveModel { email_hash: Set(guess.email_hash.clone()), guesses: Set(Guesses(guesses)) };
    row.update(tx.connection()).await.stored()?;
    Ok(())
}

fn none(guess: &Guess) -> Model {
    Model { email_hash: guess.email_hash.clone(), guesses: Guesses::default() }
}
