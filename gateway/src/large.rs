use std::sync::Arc;
use std::time::Duration;

use chassis::Error;
use chassis::auth::Verifier;
use chassis::layers::caller::bearer;
use http::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::contract::Method;

/// How many large requests are in the door at once. One may take two hundred mebibytes while it becomes a message.
const AT_ONCE: usize = 2;
/// How long others wait for that.
const PATIENCE: Duration = Duration::from_secs(10);
/// After how long to come back when that was too long.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Room for requests to methods that take more than the one mebibyte of all others.
pub struct Large {
    room: Arc<Semaphore>,
    verifier: Verifier,
}

impl Large {
    /// Room for a few, of people whose tokens `verifier` knows.
    pub fn new(verifier: Verifier) -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE)), verifier }
    }

    /// The room of a request, which it has until this is dropped; none for one that is as small as most. Of somebody who is not signed
    /// in nothing large is read: the services would refuse it only when the door holds all of it.
    pub async fn enter(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<OwnedSemaphorePermit>, Error> {
        if method.body_mebibytes == 1 {
            return Ok(None);
        }
        if !method.anonymous {
            let token =
                bearer(headers).ok_or_else(|| Error::unauthenticated("an access token is required"))?;
            self.verifier.signed_user(token).await?;
        }
        match tokio::time::timeout(PATIENCE, self.room.clone().acquire_owned()).await {
            Ok(permit) => permit.map(Some).map_err(Error::internal),
            Err(_elapsed) => Err(Error::overloaded(RETRY_AFTER)),
        }
    }
}
