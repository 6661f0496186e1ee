//! What leaves a service: rows written in the transaction of the effect, published after it.
//!
//! The [`Relay`] claims rows by their state and a lease, never by a position, since ids become visible out of order. A row is
//! deleted when the queue has confirmed its message, so a process that dies at any moment leaves it to be published again.

mod claims;
mod delivered;
mod gauge;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chassis::shutdown::Tasks;
use chassis::{Error, Foundation};
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;
use uuid::Uuid;

use crate::db::outbox_row;
use crate::queue::Message;
use crate::{Database, Queue};
use claims::{Claims, LEASE};
pub(crate) use delivered::Delivered;

/// How many rows of a topic are on their way at once, give or take one claim. Each topic has its own share, so that one whose
/// consumer is slow does not hold up the others. So many that visits to the database, during which nothing is published, are few.
const CONCURRENT: usize = 256;

/// How often to look for rows that nobody announced: delayed ones, failed ones, and those of a process that died.
const POLL: Duration = Duration::from_secs(1);

impl Database {
    /// Has a message dropped that was delivered by a shorter way, before the relay does it again.
    pub fn outbox_done(&self, id: Uuid) {
        self.delivered().add(id);
    }
}

/// Publishes the rows of a database's outbox.
pub struct Relay {
    claims: Claims,
    queue: Arc<dyn Queue>,
    tasks: Tasks,
    /// The rows of each topic that are on their way.
    under_way: HashMap<String, HashSet<String>>,
    /// What became of rows, until the database knows it too.
    ends: VecDeque<End>,
    /// Whether a claim may stand in the database although its answer was lost.
    unsure: bool,
}

/// What became of a row.
struct End {
    row: outbox_row::Model,
    published: bool,
}

impl Relay {
    /// Starts publishing, until the process stops.
    pub fn start(foundation: &Foundation, db: &Database, queue: Arc<dyn Queue>) {
        let tasks = foundation.tasks.clone();
        let claims = Claims::of(db);
        let (under_way, ends) = (HashMap::new(), VecDeque::new());
        let relay = Self { claims, queue, tasks: tasks.clone(), under_way, ends, unsure: false };
        tasks.spawn("outbox relay", relay.run(db.clone()));
        tasks.spawn("outbox gauge", gauge::watch(db.clone(), tasks.clone()));
        tasks.spawn("outbox delivered", delivered::clear(db.clone(), tasks.clone()));
    }

    async fn run(mut self, db: Database) {
        if let Err(error) = self.claims.inherit().await {
            error.log("releasing the outbox rows of the last run");
        }
        let mut publishing = FuturesUnordered::new();
        let mut renewed = Instant::now();
        while !self.tasks.is_stopping() {
            if renewed.elapsed() > LEASE / 3 {
                self.claims.renew().await.unwrap_or_else(|error| error.log("renewing claims on outbox rows"));
                renewed = Instant::now();
            }
            for row in self.claim().await {
                publishing.push(publish(self.queue.clone(), row));
            }
            tokio::select! {
                () = self.tasks.stopping() => break,
                () = db.outbox_filled().notified() => {}
                () = tokio::time::sleep(POLL) => {}
                Some(end) = publishing.next() => self.end(end),
            }
            // more may have come in meanwhile; one visit to the database serves them all
            while let Some(Some(end)) = publishing.next().now_or_never() {
                self.end(end);
            }
            self.settle().await;
        }
        // the queue answers soon, now that it stops too
        while let Some(end) = publishing.next().await {
            self.end(end);
        }
        self.settle().await;
    }

    async fn claim(&mut self) -> Vec<outbox_row::Model> {
        let claimed = self.try_claim().await;
        self.unsure = claimed.is_err();
        let claimed = claimed.unwrap_or_else(|error| {
            error.log("claiming outbox rows");
            Vec::new()
        });
        for row in &claimed {
            self.under_way.entry(row.topic.clone()).or_default().insert(row.id.clone());
        }
        claimed
    }

    async fn try_claim(&self) -> Result<Vec<outbox_row::Model>, Error> {
        if self.unsure {
            let ended = self.ends.iter().map(|end| end.row.id.as_str());
            let known = self.under_way.values().flatten().map(String::as_str).chain(ended);
            self.claims.release_but(known.collect()).await?;
        }
        let busy = self.under_way.iter().filter(|(_, rows)| rows.len() >= CONCURRENT);
        let busy: Vec<&str> = busy.map(|(topic, _)| topic.as_str()).collect();
        self.claims.take(CONCURRENT, &busy).await
    }

    fn end(&mut self, end: End) {
        if let Some(rows) = self.under_way.get_mut(&end.row.topic) {
            rows.remove(&end.row.id);
        }
        self.ends.push_back(end);
    }

    /// Tells the database what became of rows; what it cannot take now it is told again.
    async fn settle(&mut self) {
        if self.ends.is_empty() {
            return;
        }
        match self.claims.settle(self.ends.make_contiguous()).await {
            Ok(()) => self.ends.clear(),
            Err(error) => error.log("settling outbox rows"),
        }
    }
}

async fn publish(queue: Arc<dyn Queue>, row: outbox_row::Model) -> End {
    let published = match Uuid::try_parse(&row.id) {
        Ok(id) => {
            let message = Message::restored(id, row.topic.clone(), row.body.clone(), row.traceparent.clone());
            queue.publish(message).await
        }
        Err(error) => Err(Error::internal(error)),
    };
    if let Err(error) = &published {
        match row.attempts {
            // at a start the consumers may not be there yet
            0..3 => tracing::debug!(topic = row.topic, attempts = row.attempts, %error, "not published yet"),
            _ => error.log("publishing an outbox row"),
        }
    }
    End { published: published.is_ok(), row }
}
