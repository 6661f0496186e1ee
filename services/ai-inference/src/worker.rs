//! The work on one photo: fetch, check, keep what is clean, read, and settle how it ended.
//!
//! Every step may be done again. The upload stays where it is until the outcome is committed, so that a second try starts
//! from the same bytes and keeps the same copy; after that it is removed, for it may tell where it was taken.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backends::Objects;
use backends::queue::Message;
use bytes::Bytes;
use chassis::{Error, Kind};
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::Config;
use crate::domain::outcome::Outcome;
use crate::domain::photo::{self, Photo, Refusal};
use crate::events::ImageUploaded;
use crate::provider::{Provider, ProviderError};
use crate::store::{Inference, Store};
use crate::telemetry;

const NEVER_UPLOADED: &str = "The photo was never uploaded.";
const OUT_OF_REACH: &str = "The photo could not be fetched. Please log it again.";
const NOT_IN_TIME: &str =
    "The photo could not be read in time. Please enter the meal by hand, or log the photo again.";
const USED_UP: &str = "All photos that your family may have read today have been read. Please enter the meal by hand, or log \
    the photo again tomorrow; the day ends at midnight UTC.";
const NONSENSE: &str = "What was read from the photo cannot be a meal. Please enter it by hand.";

/// Works on photos.
pub struct Worker {
    store: Store,
    objects: Objects,
    provider: Arc<dyn Provider>,
    decodes: Arc<Semaphore>,
    patience: Duration,
    daily_photos: u32,
}

/// Why a try did not end; the next may.
struct Trouble {
    /// What the user is told if this was the last try.
    reason: &'static str,
    cause: Error,
}

impl Worker {
    /// A worker that asks `provider`.
    pub fn new(store: Store, objects: Objects, provider: Arc<dyn Provider>, config: &Config) -> Self {
        let decodes = Arc::new(Semaphore::new(config.decodes.max(1)));
        Self {
            store,
            objects,
            provider,
            decodes,
            patience: config.patience,
            daily_photos: config.daily_photos,
        }
    }

    /// Brings a photo to its end, or fails if another try may. The last try always is an end.
    pub async fn settle(&self, message: &Message, image: &ImageUploaded) -> Result<(), Error> {
        if self.store.of_log(image.log_id).await?.is_none() {
            // beside the future, which may be dropped between keeping the copy and saying so
            let kept = AtomicBool::new(false);
            let outcome = match self.attempt(message, image, &kept).await {
                Ok(outcome) => outcome,
                Err(trouble) if message.last_attempt => {
                    trouble.cause.log("gave up on a photo");
                    Outcome::failure(trouble.reason)
                }
                Err(trouble) => return Err(trouble.cause),
            };
            let model = self.provider.model().to_owned();
            let inference = Inference { outcome, model, photo_kept: kept.into_inner() };
            self.store.keep(message, image, inference).await?;
        }
        self.objects.delete(&image.image_key).await
    }

    /// A try that takes too long or panics has only failed.
    async fn attempt(
        &self,
        message: &Message,
        image: &ImageUploaded,
        kept: &AtomicBool,
    ) -> Result<Outcome, Trouble> {
        let judged = AssertUnwindSafe(self.judge(message, image, kept)).catch_unwind();
        match timeout(self.patience, judged).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(_panic)) => Err(Trouble::of(NOT_IN_TIME, Error::internal("a provider panicked"))),
            Err(_elapsed) => Err(Trouble::of(NOT_IN_TIME, Error::deadline())),
        }
    }

    async fn judge(
        &self,
        message: &Message,
        image: &ImageUploaded,
        kept: &AtomicBool,
    ) -> Result<Outcome, Trouble> {
        let photo = match self.fetch(image).await? {
            Ok(upload) => self.check(upload).await?,
            Err(refusal) => Err(refusal),
        };
        let photo = match photo {
            Ok(photo) => photo,
            Err(refusal) => return Ok(refusal.into()),
        };
        self.keep(image, &photo).await.map_err(|cause| Trouble::of(OUT_OF_REACH, cause))?;
        kept.store(true, Ordering::Relaxed);
        let admitted = self.store.admit(message, image.family_id, self.daily_photos).await;
        match admitted.map_err(|cause| Trouble::of(NOT_IN_TIME, cause))? {
            true => self.read(&photo).await,
            false => Ok(Outcome::failure(USED_UP)),
        }
    }

    /// Keeps the checked copy and its thumbnail: whoever may see the one may see the other.
    async fn keep(&self, image: &ImageUploaded, photo: &Photo) -> Result<(), Error> {
        self.objects.put(&image.kept_key, "image/jpeg", photo.jpeg.clone()).await?;
        self.objects.put(&image.thumbnail_key, "image/jpeg", photo.thumbnail.clone()).await
    }

    async fn fetch(&self, image: &ImageUploaded) -> Result<Result<Bytes, Refusal>, Trouble> {
        match self.objects.get(&image.image_key, photo::MOST_BYTES as u64).await {
            Ok(Some(upload)) => Ok(Ok(upload)),
            Ok(None) => Err(Trouble::of(NEVER_UPLOADED, Error::unavailable("there is no such object"))),
            Err(error) if error.kind() == Kind::TooLarge => Ok(Err(Refusal::TooManyBytes)),
            Err(error) => Err(Trouble::of(OUT_OF_REACH, error)),
        }
    }

    /// Decodes beside the async threads and few at once. The permit goes along: a decoder that is given up on still fills
    /// memory until it ends.
    async fn check(&self, upload: Bytes) -> Result<Result<Photo, Refusal>, Trouble> {
        let permit = self.decodes.clone().acquire_owned().await;
        let permit = permit.map_err(|closed| Trouble::of(NOT_IN_TIME, Error::unavailable(closed)))?;
        let checking = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            photo::check(&upload)
        });
        match checking.await {
            Ok(checked) => Ok(checked),
            // a decoder that trips over its input trips again
            Err(ended) if ended.is_panic() => Ok(Err(Refusal::Damaged)),
            Err(ended) => Err(Trouble::of(NOT_IN_TIME, Error::unavailable(ended))),
        }
    }

    async fn read(&self, photo: &Photo) -> Result<Outcome, Trouble> {
        match telemetry::timed(self.provider.as_ref(), photo).await {
            Ok(meal) if meal.is_possible() => Ok(Outcome::Meal(meal)),
            Ok(_) => Ok(Outcome::failure(NONSENSE)),
            Err(ProviderError::Permanent(reason)) => Ok(Outcome::failure(reason)),
            Err(ProviderError::Transient(cause)) => Err(Trouble::of(NOT_IN_TIME, Error::unavailable(cause))),
        }
    }
}

impl Trouble {
    fn of(reason: &'static str, cause: Error) -> Self {
        Self { reason, cause }
    }
}
