//! Background work that a process waits for before it ends.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// The background tasks of a process, and the signal that tells them to stop.
#[derive(Clone, Default)]
pub struct Tasks {
    token: CancellationToken,
    tracker: TaskTracker,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a task until it ends. It should end soon after [`Tasks::stopping`]; a panic is logged and ends only that task.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that starts tasks")]
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let watched = self.tracker.track_future(task);
        tokio::spawn(async move {
            if futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(watched)).await.is_err() {
                tracing::error!(task = name, "a background task panicked");
            }
        });
    }

    /// Resolves once the process stops.
    pub fn stopping(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    /// Whether the process stops.
    pub fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The signal itself, for a task that outlives the borrow.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Tells all tasks to stop and waits for them, `patience` at most. False when some were still at work by then.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.token.cancel();
        self.tracker.close();
        tokio::time::timeout(patience, self.tracker.wait()).await.is_ok()
    }
}
