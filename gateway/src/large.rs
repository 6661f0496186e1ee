use std::time::Duration;

use bytes::Bytes;
use chassis::Error;
use chassis::auth::Verifier;
use chassis::layers::caller::bearer;
use http::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::body::Body;

use crate::body;
use crate::contract::Method;

/// How many large requests are in the door at once. One may take two hundred mebibytes while it becomes a message.
const AT_ONCE: usize = 2;
/// How long others wait for that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Room for requests to methods that take more than the one mebibyte of all others.
pub struct Large {
    room: Semaphore,
    verifier: Verifier,
}

impl Large {
    /// Room for a few, of people whose tokens `verifier` knows.
    pub fn new(verifier: Verifier) -> Self {
        Self { room: Semaphore::new(AT_ONCE), verifier }
    }

    /// The whole body of a request, and the room it takes until that is dropped. Of somebody who is not signed in nothing large is
    /// kept: the services would refuse it only when the door holds all of it.
    pub async fn read(
        &self,
        method: &Method,
        headers: &HeaderMap,
        mut body: Body,
    ) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Error> {
        let room = match self.enter(method, headers).await {
            Ok(room) => room,
            Err(error) => {
                body::discard(&mut body).await;
                return Err(error);
            }
        };
        Ok((body::read(body, method.body_mebibytes).await?, room))
    }

    async fn enter(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<SemaphorePermit<'_>>, Error> {
        if method.body_mebibytes == 1 {
            return Ok(None);
        }
        if !method.anonymous {
            let token =
                bearer(headers).ok_or_else(|| Error::unauthenticated("an access token is required"))?;
            self.verifier.signed_user(token).await?;
        }
        match tokio::time::timeout(PATIENCE, self.room.acquire()).await {
            Ok(permit) => permit.map(Some).map_err(Error::internal),
            Err(_elapsed) => Err(Error::unavailable("too many large requests at once")),
        }
    }
}
