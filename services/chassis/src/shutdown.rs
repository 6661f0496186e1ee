//! Background work that a process waits for before it ends.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// The background tasks of a process, and the signal that tells them to stop.
#[derive(Clone, Default)]
pub struct Tasks {
    token: CancellationToken,
    tracker: TaskTracker,
    names: Names,
}

/// The names of the tasks at work, and how many there are of each.
type Names = Arc<Mutex<BTreeMap<&'static str, usize>>>;

/// A task at work, until it is dropped.
struct AtWork {
    name: &'static str,
    names: Names,
}

impl AtWork {
    fn new(name: &'static str, names: &Names) -> Self {
        *names.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        Self { name, names: names.clone() }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = names.get_mut(self.name) {
            *count -= 1;
        }
    }
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
        let at_work = AtWork::new(name, &self.names);
        tokio::spawn(async move {
            let _at_work = at_work;
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

    /// The tasks at work, for whoever wonders why a process does not end.
    pub fn at_work(&self) -> String {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let at_work = names.iter().filter(|(_, count)| **count > 0);
        at_work.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    }

    /// Tells all tasks to stop and waits for them, `patience` at most. False when some were still at work by then.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.token.cancel();
        self.tracker.close();
        tokio::time::timeout(patience, self.tracker.wait()).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_end_is_named() {
        let tasks = Tasks::new();
        tasks.spawn("short", async {});
        tasks.spawn("stuck", std::future::pending());
        assert!(!tasks.stop(Duration::from_millis(50)).await);
        assert_eq!(tasks.at_work(), "1 stuck");
    }
}
