//! RabbitMQ: the suite, and what several processes, strangers and the broker's death do to the adapter.

mod dying;
mod letters;
mod sharing;

use std::sync::Arc;
use std::time::Duration;

use backends::Queue;
use backends::queue::rabbitmq::RabbitQueue;
use chassis::Foundation;
use servers::RabbitMq;
use tokio::sync::OnceCell;

use super::Adapter;

/// One broker for all cases of a test; each has a virtual host of its own.
#[derive(Clone, Default)]
pub struct Rabbit(Arc<OnceCell<RabbitMq>>);

impl Rabbit {
    async fn broker(&self) -> &RabbitMq {
        self.0.get_or_init(RabbitMq::start).await
    }

    async fn fresh_url(&self) -> String {
        self.broker().await.fresh_url()
    }
}

impl Adapter for Rabbit {
    async fn open(&self) -> Arc<dyn Queue> {
        Process::start(&self.fresh_url().await).await.queue
    }
}

/// A process as far as the broker can see: connections of its own, and an end.
struct Process {
    foundation: Foundation,
    queue: Arc<dyn Queue>,
}

impl Process {
    async fn start(url: &str) -> Self {
        let foundation = Foundation::system();
        let queue = RabbitQueue::connect(&foundation, url).await.unwrap();
        Self { foundation, queue }
    }

    async fn stop(self) {
        let tasks = self.foundation.tasks;
        assert!(
            tasks.stop(Duration::from_secs(30)).await,
            "at work after half a minute: {}",
            tasks.at_work()
        );
    }
}

mod suite {
    crate::queue::queue_suite!(stamp_together: super::Rabbit);
}

mod peers {
    crate::stamp_together! { super::Rabbit:
        super::sharing::two as two_processes_share_a_queue,
        super::sharing::stop as a_stop_finishes_what_is_begun_and_leaves_the_rest_to_others,
        super::sharing::twice as a_process_has_one_consumer_for_a_queue,
        super::sharing::mixed as among_many_at_once_exactly_those_without_a_queue_fail,
        super::letters::poison as a_message_that_nobody_answers_becomes_a_dead_letter,
        super::letters::strange as a_message_that_is_not_ours_becomes_a_dead_letter,
        super::letters::changed as a_queue_that_is_declared_otherwise_is_refused,
    }
}

mod faults {
    crate::stamp_together! { super::Rabbit:
        super::dying::load as a_killed_broker_loses_nothing_and_doubles_nothing,
        super::dying::cut as a_delivery_without_an_answer_comes_again_as_the_same_attempt,
        super::dying::frozen as a_frozen_broker_makes_publishing_fail_in_time,
        super::dying::away as it_starts_without_a_broker,
    }
}
