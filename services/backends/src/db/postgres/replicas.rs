//! Replicas for reading, and when one may be asked.
//!
//! A family is read from a replica that shows all that was acknowledged of it, in whichever process of the service. Who commits
//! learns how far the primary's log reaches then and notes it for all ([`notes`]); who reads takes a replica that has come that
//! far, waits a moment for one that is about to, and else goes to the primary. So does who cannot read the notes. Who cannot
//! leave one waits, before it acknowledges, until every replica shows the commit or is left alone.
//!
//! Every tenth of a second the primary is asked how far its log reaches, and each replica whether it has come that far. If it has, it
//! shows all that was committed before the asking began. A replica that does not answer, or is more than a second behind, is
//! left alone until it has caught up. When the primary is silent, replicas go on for a minute with what they have.

mod notes;
mod replica;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::lsn::Lsn;
use super::{Replication, pool};
use notes::Notes;
use replica::Primary;
pub use replica::Replica;

/// How often to look.
const BEAT: Duration = Duration::from_millis(100);

/// How long to pause before looking again for somebody who waits.
const PAUSE: Duration = Duration::from_millis(1);

/// How long a read waits for a replica that is behind.
const MOST_WAIT: Duration = Duration::from_millis(50);

/// How far behind a replica may be.
const MOST_LAG: Duration = Duration::from_secs(1);

/// When every process has left a replica alone that one has, or that is too far behind: they all have looked by then.
const UNTIL_LEFT: Duration = Duration::from_millis(2500);

/// How long replicas are read from after the primary's last answer.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// The replicas of a database.
pub struct Replicas {
    all: Vec<Arc<Replica>>,
    turn: AtomicUsize,
    notes: Notes,
    primary: Mutex<Option<Primary>>,
    /// Rung by who waits for a replica.
    wanted: watch::Sender<()>,
    /// Rung when a replica was looked at.
    looked: watch::Sender<()>,
}

impl Replicas {
    /// Replicas that are still to be looked at.
    pub fn of(
        replication: &Replication,
        service: &'static str,
        connections: u32,
    ) -> Result<Arc<Self>, Error> {
        let replica = |(number, url): (usize, &String)| {
            let pool = pool::hasty(connections, pool::options(url, service)?);
            Ok(Arc::new(Replica::new(number, pool)))
        };
        Ok(Arc::new(Self {
            all: replication.replicas.iter().enumerate().map(replica).collect::<Result<_, Error>>()?,
            turn: AtomicUsize::default(),
            notes: Notes::new(service, replication.cache.clone()),
            primary: Mutex::default(),
            wanted: watch::Sender::default(),
            looked: watch::Sender::default(),
        }))
    }

    /// Looks after them until the process stops.
    pub fn watch(self: &Arc<Self>, primary: &PgPool, tasks: &Tasks) {
        let (replicas, primary, stop) = (self.clone(), primary.clone(), tasks.clone());
        tasks.spawn("replicas", async move {
            let each = replicas.all.iter().map(|replica| replicas.watch_replica(replica));
            tokio::select! {
                () = stop.stopping() => {}
                () = replicas.watch_primary(&primary) => {}
                () = replicas.notes.watch() => {}
                _ = join_all(each) => {}
            }
        });
    }

    /// One that shows all that was acknowledged of a family; each in its turn.
    pub async fn showing(&self, family_id: i64) -> Option<Arc<Replica>> {
        self.furthest()?;
        let newest = self.notes.newest(family_id).await?;
        match self.beyond(newest) {
            None if newest != Lsn::UNKNOWN => timeout(MOST_WAIT, self.reaching(newest)).await.ok()?,
            found => found,
        }
    }

    /// Notes that something of some families was committed. Returns when no process will read anything older of them.
    pub async fn wrote(&self, families: &[i64], lsn: Lsn) {
        if !self.notes.add(families, lsn).await {
            // who is not left alone by then shows it
            let _ = timeout(UNTIL_LEFT, self.all_beyond(lsn)).await;
        }
    }

    /// Ends all connections.
    pub async fn close(&self) {
        join_all(self.all.iter().map(|replica| replica.pool.close())).await;
    }

    async fn watch_primary(&self, primary: &PgPool) {
        loop {
            let asked = Instant::now();
            if let Some(end) = replica::ask(primary, Lsn::FLUSHED).await {
                *lock(&self.primary) = Some(Primary { end, asked });
                self.notes.forget(self.places().min().unwrap_or(Lsn::START));
            }
            sleep(BEAT).await;
        }
    }

    async fn watch_replica(&self, replica: &Replica) {
        let mut wanted = self.wanted.subscribe();
        loop {
            let primary = *lock(&self.primary);
            replica.look(primary).await;
            self.looked.send_replace(());
            sleep(PAUSE).await;
            // both ways it is time to look again
            let _ = timeout(BEAT, wanted.changed()).await;
        }
    }

    /// Waits for one that has come this far; none when there is none left to wait for.
    async fn reaching(&self, lsn: Lsn) -> Option<Arc<Replica>> {
        let mut looked = self.looked.subscribe();
        while self.furthest().is_some() {
            if let Some(replica) = self.beyond(lsn) {
                return Some(replica);
            }
            self.wanted.send_replace(());
            looked.changed().await.ok()?;
        }
        None
    }

    /// Waits until all have come this far that any process may read from.
    async fn all_beyond(&self, lsn: Lsn) {
        let mut looked = self.looked.subscribe();
        let is_beyond = |replica: &Arc<Replica>| {
            let primary = *lock(&self.primary);
            let replayed = primary.and_then(|primary| replica.replayed(primary));
            replayed.map_or_else(|| replica.is_left_by_all(), |replayed| replayed >= lsn)
        };
        while !self.all.iter().all(is_beyond) {
            self.wanted.send_replace(());
            if looked.changed().await.is_err() {
                return;
            }
        }
    }

    fn beyond(&self, lsn: Lsn) -> Option<Arc<Replica>> {
        let primary = (*lock(&self.primary))?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut in_turn = (0..self.all.len()).map(|n| &self.all[(turn + n) % self.all.len()]);
        in_turn.find(|replica| replica.replayed(primary).is_some_and(|replayed| replayed >= lsn)).cloned()
    }

    fn furthest(&self) -> Option<Lsn> {
        self.places().max()
    }

    /// How far each has come that may be read from.
    fn places(&self) -> impl Iterator<Item = Lsn> {
        let primary = *lock(&self.primary);
        self.all.iter().filter_map(move |replica| replica.replayed(primary?))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
