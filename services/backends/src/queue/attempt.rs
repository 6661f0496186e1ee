use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tracing::Instrument;

use super::{Handler, Message, Outcome, Subscription, age};
use crate::trace;

/// Lets a handler handle one delivery, as long as its queue has patience. A panic is a failure like another.
pub async fn attempt(subscription: &Subscription, handler: &dyn Handler, message: &Message) -> Outcome {
    let span = trace::delivery(&subscription.queue, message);
    age::tell(&subscription.queue, message);
    let handled = tokio::time::timeout(subscription.patience, handler.handle(message));
    match AssertUnwindSafe(handled.instrument(span.clone())).catch_unwind().await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => {
            span.in_scope(|| tracing::warn!("a consumer took too long"));
            Outcome::Retry
        }
        Err(_) => {
            span.in_scope(|| tracing::error!("a consumer panicked"));
            Outcome::Retry
        }
    }
}
