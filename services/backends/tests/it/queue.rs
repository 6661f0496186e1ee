//! The queue port.

mod giving_up;
pub mod handlers;
mod memory;
mod rabbitmq;
mod routing;
mod working;

use std::sync::Arc;
use std::time::Duration;

use backends::Queue;
use backends::queue::{Handler, Message, Subscription};

/// How to get a broker of one kind.
pub trait Adapter: Default + Send + Sync + 'static {
    /// A broker without queues.
    async fn open(&self) -> Arc<dyn Queue>;
}

/// The whole suite, for one adapter; stamped apart or together.
macro_rules! queue_suite {
    ($stamp:ident: $adapter:ty) => {
        crate::$stamp! { $adapter:
            crate::queue::routing::all_queues as every_queue_of_a_topic_gets_a_message_and_no_other,
            crate::queue::routing::unroutable as a_topic_without_a_queue_is_an_error,
            crate::queue::routing::content as a_message_arrives_as_it_was_published,
            crate::queue::working::retry as a_failed_delivery_comes_again,
            crate::queue::working::panic as a_panic_is_a_failed_delivery,
            crate::queue::working::too_slow as a_delivery_that_takes_too_long_has_failed,
            crate::queue::working::concurrency as no_more_are_handled_at_once_than_agreed,
            crate::queue::giving_up::attempts as after_the_last_attempt_a_message_is_a_dead_letter,
            crate::queue::giving_up::reject as a_rejected_message_is_a_dead_letter_at_once,
            crate::queue::giving_up::peek as looking_at_dead_letters_leaves_them_as_they_are,
            crate::queue::giving_up::redrive as dead_letters_can_be_redriven,
            crate::queue::giving_up::others as a_message_nobody_can_handle_holds_up_no_other,
        }
    };
}
use queue_suite;

/// Publishes one message with a number for a body.
pub async fn send(queue: &Arc<dyn Queue>, n: u32) -> Message {
    let message = Message::new("things.changed", &n).unwrap();
    queue.publish(message.clone()).await.unwrap();
    message
}

/// Binds a queue that does not wait long between attempts.
pub async fn bind(queue: &Arc<dyn Queue>, name: &str, attempts: u32, handler: Arc<dyn Handler>) {
    let subscription =
        Subscription::new(name, "things.changed").attempts(attempts).backoff(Duration::from_millis(1));
    queue.subscribe(subscription, handler).await.unwrap();
}
