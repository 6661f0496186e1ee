//! What this service consumes and publishes. Messages carry ids and the names of objects, never health data.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backends::Queue;
use backends::queue::{Handler, Message, Outcome, Subscription};
use chassis::Error;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::worker::Worker;

/// A photo that is to be read.
pub const IMAGE_UPLOADED: &str = "image.uploaded";
/// A photo that has been read, or never will be.
pub const IMAGE_READ: &str = "image.read";
/// The name under which this service consumes.
pub const CONSUMER: &str = "ai-inference.image-uploaded";

/// What keeping the outcome may take, beyond the work itself.
const TO_KEEP: Duration = Duration::from_secs(15);

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

/// Says whose photo has been read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImageRead {
    /// The tenant.
    pub family_id: i64,
    /// The program.
    pub program_id: i64,
    /// Whose program it is.
    pub member_id: i64,
    /// The log.
    pub log_id: i64,
}

/// Starts to consume.
pub async fn subscribe(queue: &dyn Queue, config: &Config, worker: Worker) -> Result<(), Error> {
    let subscription = Subscription::new(CONSUMER, IMAGE_UPLOADED)
        .concurrency(config.concurrency)
        .attempts(config.attempts)
        .backoff(config.backoff)
        .patience(config.patience + TO_KEEP);
    queue.subscribe(subscription, Arc::new(worker)).await
}

#[async_trait]
impl Handler for Worker {
    async fn handle(&self, message: &Message) -> Outcome {
        let Ok(image) = message.read::<ImageUploaded>() else { return Outcome::Reject };
        match self.settle(message, &image).await {
            Ok(()) => Outcome::Done,
            Err(error) => {
                error.log("could not read a photo");
                Outcome::Retry
            }
        }
    }
}
