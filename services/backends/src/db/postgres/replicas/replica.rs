use std::sync::Mutex;
use std::time::Duration;

use sea_orm::{DbBackend, Statement};
use sqlx::PgPool;
use tokio::time::{Instant, timeout};

use super::super::Transaction;
use super::super::lsn::Lsn;
use super::{LONGEST_SILENCE, MOST_LAG, UNTIL_LEFT, lock};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// How far the primary's log reached when it was last asked.
#[derive(Clone, Copy)]
pub struct Primary {
    pub end: Lsn,
    pub asked: Instant,
}

/// One replica.
pub struct Replica {
    pub pool: PgPool,
    number: usize,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum State {
    /// It shows all that was committed before `shows`.
    InUse { replayed: Lsn, shows: Instant },
    /// To be left alone until it has caught up.
    Left { since: Instant },
}

impl Replica {
    /// One that is still to be looked at.
    pub fn new(number: usize, pool: PgPool) -> Self {
        Self { pool, number, state: Mutex::new(State::Left { since: Instant::now() }) }
    }

    /// Leaves it alone until it has caught up again.
    pub fn leave(&self) {
        let mut state = lock(&self.state);
        if let State::InUse { .. } = *state {
            *state = State::Left { since: Instant::now() };
            tracing::warn!(replica = self.number, "a replica is left alone");
        }
    }

    /// How far it has come, if it may be read from. While the primary is silent nobody can fall behind it.
    pub fn replayed(&self, primary: Primary) -> Option<Lsn> {
        match *lock(&self.state) {
            State::InUse { replayed, shows }
                if primary.asked.saturating_duration_since(shows) <= MOST_LAG
                    && shows.elapsed() <= LONGEST_SILENCE =>
            {
                Some(replayed)
            }
            _ => None,
        }
    }

    /// Whether every process has left it alone by now.
    pub fn is_left_by_all(&self) -> bool {
        matches!(*lock(&self.state), State::Left { since } if since.elapsed() > UNTIL_LEFT)
    }

    /// Asks it how far it has come.
    pub async fn look(&self, primary: Option<Primary>) {
        let Some(replayed) = ask(&self.pool, Lsn::REPLAYED).await else { return self.leave() };
        let Some(primary) = primary else { return };
        self.note(replayed, primary);
        if self.replayed(primary).is_none() {
            self.leave();
        }
    }

    fn note(&self, replayed: Lsn, primary: Primary) {
        let mut state = lock(&self.state);
        let before = *state;
        *state = match before {
            _ if replayed >= primary.end => State::InUse { replayed, shows: primary.asked },
            State::InUse { shows, .. } => State::InUse { replayed, shows },
            left => left,
        };
        if let (State::Left { .. }, State::InUse { .. }) = (before, *state) {
            tracing::info!(replica = self.number, "a replica has caught up");
        }
    }
}

/// The place in the log that a server answers, if it does in time.
pub async fn ask(pool: &PgPool, sql: &str) -> Option<Lsn> {
    let asking = async {
        let transaction = Transaction::begin(pool, "BEGIN READ ONLY".to_owned(), "".into()).await?;
        let row = transaction.query_one(Statement::from_string(DbBackend::Postgres, sql)).await?;
        row.map(|row| row.try_get_by_index(0)).transpose()
    };
    timeout(PATIENCE, asking).await.ok()?.ok()?.map(Lsn::new)
}
