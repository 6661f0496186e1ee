use std::future::Future;
use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use opentelemetry::KeyValue;

/// How often to look.
const BETWEEN_LOOKS: Duration = Duration::from_secs(15);

/// How much is in a queue.
pub struct Depth {
    /// The messages that wait for their consumer.
    pub waiting: u64,
    /// Those that nobody could handle.
    pub dead: u64,
}

/// Tells now and again how much is in a queue, until the process stops.
pub async fn watch<F>(queue: String, tasks: Tasks, look: impl Fn() -> F)
where
    F: Future<Output = Result<Depth, Error>>,
{
    let meter = opentelemetry::global::meter("praan");
    let waiting = meter
        .u64_gauge("praan.queue.waiting")
        .with_description("How many messages of a queue wait for its consumers.")
        .build();
    let dead = meter
        .u64_gauge("praan.queue.dead_letters")
        .with_description("How many messages of a queue nobody could handle.")
        .build();
    let labels = [KeyValue::new("praan.queue", queue)];
    while !tasks.is_stopping() {
        match look().await {
            Ok(depth) => {
                waiting.record(depth.waiting, &labels);
                dead.record(depth.dead, &labels);
            }
            // its consumer, which has the same trouble, says so
            Err(error) => tracing::debug!(%error, "a queue could not be looked at"),
        }
        tokio::select! {
            () = tasks.stopping() => {}
            () = tokio::time::sleep(BETWEEN_LOOKS) => {}
        }
    }
}
