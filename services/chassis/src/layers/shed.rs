//! A full room refuses at once, in place of answering late.

use std::sync::Arc;

use http::{Request, Response};
use tokio::sync::Semaphore;
use tonic::body::Body;

use super::{Concern, Inner, answer, refuse};
use crate::Error;

/// Admits a bounded number of requests at once.
#[derive(Clone)]
pub struct Shed(Arc<Semaphore>);

impl Shed {
    /// Admits `most` at once.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }
}

impl Concern for Shed {
    async fn around<S: Inner>(&self, request: Request<Body>, next: S) -> Response<Body> {
        match self.0.try_acquire() {
            Ok(_permit) => answer(next, request).await,
            Err(full) => refuse(Error::unavailable(full)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_one_too_many_is_refused() {
        let next = tower::service_fn(|_: Request<Body>| async { Ok(Response::new(Body::empty())) });
        let refused = Shed::new(0).around(Request::new(Body::empty()), next).await;
        assert_eq!(refused.headers()["grpc-status"], "14");
        let admitted = Shed::new(1).around(Request::new(Body::empty()), next).await;
        assert!(!admitted.headers().contains_key("grpc-status"));
    }
}
