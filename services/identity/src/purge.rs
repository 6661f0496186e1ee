//! Accounts that are erased for good, once nobody can take their deletion back any more.

use std::fmt::Write;

use backends::erasure::Removed;
use backends::{Database, DbResultExt, Scope, Subject};
use chassis::Error;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::account::UNDO;
use crate::store::entity::{identities, login_attempts, refresh_tokens, sessions, users};
use crate::tokens;

/// How many accounts are looked up at once.
const PAGE: u64 = 100;

/// Erases the accounts that are due, with all that identity keeps of them, and tells which.
pub async fn run(db: &Database) -> Result<Vec<i64>, Error> {
    let mut erased = Vec::new();
    loop {
        let due = users::Column::DeletedAt.lte(db.clock().now() - UNDO);
        let due = users::Entity::find().filter(due).order_by_asc(users::Column::Id).limit(PAGE);
        let page = due.all(db.read_primary(Scope::Own).await?.connection()).await.stored()?;
        if page.is_empty() {
            return Ok(erased);
        }
        for user in page {
            erased.extend(erase(db, user.id).await?.then_some(user.id));
        }
    }
}

/// False when another process was faster.
async fn erase(db: &Database, user_id: i64) -> Result<bool, Error> {
    let tx = db.erase("User", Scope::Own).await?;
    let connection = tx.connection();
    let user = users::Entity::find_by_id(user_id).lock_exclusive().one(connection).await.stored()?;
    let Some(user) = user else { return Ok(false) };
    let of_user = sessions::Column::UserId.eq(user_id);
    let their_sessions =
        Query::select().column(sessions::Column::Id).from(sessions::Entity).and_where(of_user.clone()).take();
    let tokens_ = refresh_tokens::Entity::find()
        .filter(refresh_tokens::Column::SessionId.in_subquery(their_sessions))
        .count(connection)
        .await
        .stored()?;
    let mut removed = Removed::from([("users", 1), ("refresh_tokens", tokens_)]);
    let count = sessions::Entity::find().filter(of_user).count(connection).await.stored()?;
    removed.insert("sessions", count);
    let ties = identities::Entity::find().filter(identities::Column::UserId.eq(user_id));
    removed.insert("identities", ties.count(connection).await.stored()?);
    let hash = tokens::hash(&user.email);
    let guesses = login_attempts::Entity::delete_by_id(hash.clone()).exec(connection).await.stored()?;
    removed.insert("login_attempts", guesses.rows_affected);
    // what hangs on the account goes with it
    users::Entity::delete_by_id(user_id).exec(connection).await.stored()?;
    tx.erased(0, user_id, Some(hexadecimal(&hash)), &removed).await?;
    tx.commit(Subject::outside(user_id)).await?;
    Ok(true)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // writing to a string does not fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}
