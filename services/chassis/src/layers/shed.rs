//! A full room refuses at once, in place of answering late.

use std::sync::Arc;

use http::{Request, Response};
use opentelemetry::metrics::Counter;
use tokio::sync::Semaphore;
use tonic::body::Body;

use super::{Concern, Inner, answer, refuse};
use crate::Error;

/// Admits a bounded number of requests at once.
#[derive(Clone)]
pub struct Shed {
    places: Arc<Semaphore>,
    refused: Counter<u64>,
}

impl Shed {
    /// Admits `most` at once.
    pub fn new(most: usize) -> Self {
        let refused = opentelemetry::global::meter("praan")
            .u64_counter("rpc.server.shed")
            .with_description("How many rpcs a full room refused.")
            .build();
        // so that the first refusal shows as a change
        refused.add(0, &[]);
        Self { places: Arc::new(Semaphore::new(most)), refused }
    }
}

impl Concern for Shed {
    async fn around<S: Inner>(&self, request: Request<Body>, next: S) -> Response<Body> {
        match self.places.try_acquire() {
            Ok(_permit) => answer(next, request).await,
            Err(full) => {
                self.refused.add(1, &[]);
                refuse(Error::unavailable(full))
            }
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
