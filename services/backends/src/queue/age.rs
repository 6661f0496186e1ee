use std::sync::LazyLock;

use chassis::clock::Clock;
use chrono::{DateTime, Utc};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use super::Message;

/// Where the bounds between the buckets are, in seconds: from at once to a lost night.
const BOUNDS: [f64; 10] = [0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 28_800.0];

static AGE: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    opentelemetry::global::meter("praan")
        .f64_histogram("praan.queue.age")
        .with_description(
            "How old messages are when they are handed to a consumer, by queue; every attempt counts.",
        )
        .with_unit("s")
        .with_boundaries(BOUNDS.to_vec())
        .build()
});

/// Tells how old a message is that is handed over now.
pub fn tell(queue: &str, message: &Message) {
    if let Some(made) = made_at(message) {
        // two machines' clocks may differ by a little
        let age = (Clock::system().now() - made).to_std().unwrap_or_default();
        AGE.record(age.as_secs_f64(), &[KeyValue::new("praan.queue", queue.to_owned())]);
    }
}

/// When a message came to be, which its id tells.
fn made_at(message: &Message) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = message.id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_message_knows_when_it_came_to_be() {
        let message = Message::new("things.changed", &7).unwrap();
        let age = Clock::system().now() - made_at(&message).unwrap();
        assert!(age.abs() < TimeDelta::minutes(1), "{age}");
    }
}
