//! The outbox and its relay, over each database.

mod crowded;
mod delayed;
mod leaving;
mod restarts;
mod tracing;

use std::sync::Arc;

use backends::outbox::Relay;
use backends::queue::memory::MemoryQueue;
use backends::queue::{Handler, Subscription};
use backends::{Action, Database, Scope};
use chassis::Foundation;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;

use crate::database::{Adapter, Migrator, number, somebody};
use crate::queue::handlers::Recorder;
use crate::wait;

/// The whole suite, for one database.
macro_rules! outbox_suite {
    ($stamp:ident: $adapter:ty) => {
        crate::$stamp! { $adapter:
            crate::outbox::leaving::after_commit as a_message_leaves_after_the_commit_and_only_then,
            crate::outbox::leaving::failures as under_failures_everything_arrives_and_counts_once,
            crate::outbox::leaving::unroutable as a_message_waits_for_its_first_queue,
            crate::outbox::crowded::slow_topic as a_slow_consumer_holds_up_no_other_topic,
            crate::outbox::restarts::crash as a_message_survives_a_crash_before_it_is_published,
            crate::outbox::restarts::claimed as a_dead_process_claims_nothing_for_long,
            crate::outbox::restarts::stop as a_stop_leaves_what_is_not_handled,
            crate::outbox::delayed::backstop as a_delayed_message_waits_for_its_time,
            crate::outbox::delayed::not_needed as a_message_that_is_done_does_not_leave,
            crate::outbox::tracing::carried as a_message_carries_the_trace_it_came_from,
        }
    };
}
use outbox_suite;

mod embedded {
    super::outbox_suite!(stamp: crate::database::embedded::Embedded);
}

mod postgres {
    super::outbox_suite!(stamp_together: crate::database::postgres::Own);
}

/// A process: a database, a broker, and a clock that both go by.
struct Process {
    foundation: Foundation,
    db: Database,
    queue: Arc<MemoryQueue>,
}

impl Process {
    async fn start(adapter: &impl Adapter, clock: &Clock) -> Self {
        let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
        let db = adapter.open(clock).await;
        db.migrate::<Migrator>().await.unwrap();
        let queue = MemoryQueue::new(&foundation);
        Self { foundation, db, queue }
    }

    fn relay(&self) {
        Relay::start(&self.foundation, &self.db, self.queue.clone());
    }

    async fn consume(&self, handler: Arc<dyn Handler>) {
        use backends::Queue;
        let subscription =
            Subscription::new("one", "things.changed").backoff(std::time::Duration::from_millis(1));
        self.queue.subscribe(subscription, handler).await.unwrap();
    }

    /// Commits a message with a number for a body.
    async fn send(&self, n: u32) {
        let tx = self.db.write(&somebody(), Action::Update, "Thing", Scope::Own).await.unwrap();
        tx.publish("things.changed", &n).await.unwrap();
        tx.commit_quietly().await.unwrap();
    }

    async fn waiting(&self) -> i64 {
        number(&self.db, "SELECT COUNT(*) AS n FROM outbox").await
    }

    async fn until_empty(&self) {
        wait::until("an empty outbox", async || self.waiting().await == 0).await;
    }

    /// As `kill -9`: nothing is finished, nothing is released.
    fn crash(self) {
        drop(self);
    }
}

/// The numbers that arrived, in order.
fn numbers(recorder: &Recorder) -> Vec<u32> {
    let mut numbers: Vec<u32> = recorder.seen().iter().map(|message| message.read().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}
