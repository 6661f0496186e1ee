//! What this service publishes and consumes. Messages carry ids, never health data.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backends::queue::{Handler, Message, Outcome, Subscription};
use backends::{Queue, Tx};
use chassis::{Error, Kind};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clients::readings::Readings;
use crate::domain::Scope;
use crate::domain::image::ImageStatus;
use crate::domain::import::Imported;
use crate::domain::log::{Reading, Revision};
use crate::journal::Journal;

/// Revisions the scores may not know yet.
pub const LOG_RECORDED: &str = "log.recorded";
/// The same of a log that came from elsewhere, with so many others that they have a way of their own.
const LOG_IMPORTED: &str = "log.imported";
/// A photo that is to be read.
pub const IMAGE_UPLOADED: &str = "image.uploaded";
/// A photo that has been read, or never will be.
pub const IMAGE_READ: &str = "image.read";
/// A photo that should have been read by now.
pub const IMAGE_OVERDUE: &str = "image.overdue";

/// The queues, and the consumers' names in the inbox.
pub const QUEUES: [&str; 4] = [TO_RECORD, TO_CATCH_UP, TO_COMPLETE, TO_GIVE_UP];
const TO_RECORD: &str = "logging.log-recorded";
const TO_CATCH_UP: &str = "logging.log-imported";
const TO_COMPLETE: &str = "logging.image-read";
const TO_GIVE_UP: &str = "logging.image-overdue";

/// Hours: longer than a repair takes. Whatever is told here must be heard in the end.
const PATIENT_ATTEMPTS: u32 = 1_000;
/// How many readings are brought into their logs at once: several times what three workers read at once, so that a photo waits before
/// it is read and not after. Each asks two other services as well, so that they are not all in the database at once.
const READINGS_AT_ONCE: usize = 32;

const NEVER_READ: &str =
    "The photo was not read in time. Please enter the meal by hand, or log the photo again.";

/// Says which revision of which log.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct LogRecorded {
    family_id: i64,
    program_id: i64,
    log_id: i64,
    revision: i32,
}

/// Says which photo is to be read, and where the checked copy goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImageUploaded {
    /// The tenant.
    pub family_id: i64,
    /// The program.
    pub program_id: i64,
    /// Whose program it is.
    pub member_id: i64,
    /// The log.
    pub log_id: i64,
    /// Where the client put the photo.
    pub image_key: String,
    /// Where the checked copy is to be kept.
    pub kept_key: String,
    /// Where its thumbnail is to be kept.
    pub thumbnail_key: String,
}

/// Says whose photo it is about.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct OfImage {
    /// The tenant.
    pub family_id: i64,
    /// The program.
    pub program_id: i64,
    /// Whose program it is.
    pub member_id: i64,
    /// The log.
    pub log_id: i64,
}

/// Leaves word of revisions, to be published after `delay` unless the scores were told of all by then.
pub async fn recorded(tx: &Tx, revisions: &[&Revision], delay: Duration) -> Result<Uuid, Error> {
    let events: Vec<_> = revisions.iter().copied().map(recorded_event).collect();
    tx.publish_after(LOG_RECORDED, &events, delay).await
}

/// Leaves word of what logs say that came from elsewhere, and gives up the photos that nobody has read, since nobody here can.
pub async fn imported(tx: &Tx, member_id: i64, logs: &[Imported]) -> Result<(), Error> {
    for last in logs.iter().filter_map(|log| log.revisions.last()) {
        tx.publish(LOG_IMPORTED, &[recorded_event(last)]).await?;
    }
    let pending =
        |log: &&Imported| log.photo.as_ref().is_some_and(|photo| photo.status == ImageStatus::Pending);
    for first in logs.iter().filter(pending).filter_map(|log| log.revisions.first()) {
        let Scope { family_id, program_id } = first.scope;
        let image = OfImage { family_id, program_id, member_id, log_id: first.log_id };
        tx.publish(IMAGE_OVERDUE, &image).await?;
    }
    Ok(())
}

fn recorded_event(revision: &Revision) -> LogRecorded {
    let Scope { family_id, program_id } = revision.scope;
    LogRecorded { family_id, program_id, log_id: revision.log_id, revision: revision.revision }
}

/// Starts to consume.
pub async fn subscribe(queue: &dyn Queue, journal: &Arc<Journal>, readings: &Readings) -> Result<(), Error> {
    for (queue_name, topic) in [(TO_RECORD, LOG_RECORDED), (TO_CATCH_UP, LOG_IMPORTED)] {
        let subscription = Subscription::new(queue_name, topic).attempts(PATIENT_ATTEMPTS);
        queue.subscribe(subscription, Arc::new(OnRecorded(journal.clone()))).await?;
    }
    for (queue_name, topic, overdue) in [(TO_COMPLETE, IMAGE_READ, false), (TO_GIVE_UP, IMAGE_OVERDUE, true)]
    {
        let handler =
            OnImage { consumer: queue_name, overdue, journal: journal.clone(), readings: readings.clone() };
        let subscription = Subscription::new(queue_name, topic).attempts(PATIENT_ATTEMPTS);
        queue.subscribe(subscription.concurrency(READINGS_AT_ONCE), Arc::new(handler)).await?;
    }
    Ok(())
}

/// Tells the scores of revisions whose makers did not get to it.
struct OnRecorded(Arc<Journal>);

#[async_trait]
impl Handler for OnRecorded {
    async fn handle(&self, message: &Message) -> Outcome {
        let Ok(events) = message.read::<Vec<LogRecorded>>() else { return Outcome::Reject };
        let tell = async |LogRecorded { family_id, program_id, log_id, revision }: LogRecorded| {
            let told = self.0.record(Scope { family_id, program_id }, log_id, revision).await;
            ended(told, "could not tell the scores of a log")
        };
        // what cannot be told keeps none of the others back
        let outcomes = join_all(events.into_iter().map(tell)).await;
        let worst = [Outcome::Retry, Outcome::Reject].into_iter().find(|outcome| outcomes.contains(outcome));
        worst.unwrap_or(Outcome::Done)
    }
}

/// Brings what a photo was read as into its log.
struct OnImage {
    consumer: &'static str,
    overdue: bool,
    journal: Arc<Journal>,
    readings: Readings,
}

#[async_trait]
impl Handler for OnImage {
    async fn handle(&self, message: &Message) -> Outcome {
        let Ok(image) = message.read::<OfImage>() else { return Outcome::Reject };
        ended(self.settle(message, image).await, "could not bring a reading into its log")
    }
}

impl OnImage {
    async fn settle(&self, message: &Message, image: OfImage) -> Result<(), Error> {
        let (reading, kept) = match self.readings.of_log(image.log_id).await? {
            Some(known) => known,
            None if self.overdue => (Reading::Failure(NEVER_READ.to_owned()), false),
            None => return Err(Error::unavailable("the reading that was announced is not there")),
        };
        self.journal.read(self.consumer, message, image, &reading, kept).await
    }
}

fn ended(result: Result<(), Error>, doing: &'static str) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => {
            let passing = matches!(
                error.kind(),
                Kind::Unavailable | Kind::Deadline | Kind::RateLimited | Kind::Internal
            );
            error.log(doing);
            if passing { Outcome::Retry } else { Outcome::Reject }
        }
    }
}
