use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chassis::audit::{Entry, Sink};
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation};
use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::{Database, Kept, backoff};

/// How many lines may wait to be written. Beyond that readers wait, rather than go unrecorded.
const WAITING: usize = 4_096;
/// How many are written at once.
const BATCH: usize = 256;
/// The longest wait before what could not be written is tried again.
const MOST_BACKOFF: Duration = Duration::from_secs(1);

type Line = (Entry, DateTime<Utc>);

/// Takes down what leaves no row by itself: reads, and denials. What comes while a batch is written is the next batch, so that nothing
/// waits for a clock and many readers cost few transactions.
pub struct Recorder {
    db: Database,
    lines: Sender<Line>,
}

impl Recorder {
    /// Writes to the audit trail of a database until the process stops.
    pub fn start(foundation: &Foundation, db: &Database) -> Arc<Self> {
        let (lines, waiting) = mpsc::channel(WAITING);
        let tasks = foundation.tasks.clone();
        tasks.spawn("audit recorder", run(db.clone(), waiting, tasks.clone()));
        Arc::new(Self { db: db.clone(), lines })
    }
}

#[async_trait]
impl Sink for Recorder {
    async fn record(&self, entry: Entry) -> Result<(), Error> {
        match self.lines.send((entry, self.db.clock().now())).await {
            Ok(()) => Ok(()),
            // the process stops, and this answer is one of its last
            Err(unsent) => write(&self.db, &[unsent.0]).await,
        }
    }
}

async fn run(db: Database, mut waiting: Receiver<Line>, tasks: Tasks) {
    let mut batch = Vec::new();
    loop {
        let came = tokio::select! {
            biased;
            () = tasks.stopping() => break,
            came = waiting.recv_many(&mut batch, BATCH) => came,
        };
        if came == 0 {
            // nobody is left who could read
            return;
        }
        keep(&db, &mut batch, &tasks).await;
    }
    waiting.close();
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        keep(&db, &mut batch, &tasks).await;
    }
}

/// Writes lines, however often it takes; when the process stops, once more.
async fn keep(db: &Database, batch: &mut Vec<Line>, tasks: &Tasks) {
    let mut failures = 0;
    while let Err(error) = write(db, batch).await {
        failures += 1;
        if failures == 1 {
            error.log("writing to the audit trail");
        }
        if tasks.is_stopping() {
            tracing::error!(
                lines = batch.len(),
                "the process stops with reads that are not in the audit trail"
            );
            break;
        }
        tokio::select! {
            () = tasks.stopping() => {}
            () = tokio::time::sleep(backoff::after(failures, Duration::from_millis(50), MOST_BACKOFF)) => {}
        }
    }
    batch.clear();
}

/// In one transaction of all the families. What a failure leaves behind is written again, so that a line may stand there twice, and
/// never not at all.
async fn write(db: &Database, batch: &[Line]) -> Result<(), Error> {
    // what is about no family stands under 0, where everybody may add
    let families = batch.iter().map(|(entry, _)| entry.subject.family_id).filter(|family_id| *family_id != 0);
    let tx = db.open_for(families, Kept::AtOnce).await?;
    tx.add_entries(batch.to_vec()).await?;
    tx.commit_quietly().await
}
