use chassis::clock::Clock;
use chassis::verbose::{Key, TOKEN};
use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;

/// Tells which requests an operator wants to see through.
pub struct Operators {
    key: Option<Key>,
    clock: Clock,
    asked: Counter<u64>,
}

impl Operators {
    /// Without a key nobody is listened to.
    pub fn new(key: Option<Key>, clock: Clock) -> Self {
        let asked = opentelemetry::global::meter("praan")
            .u64_counter("praan.debug.asked")
            .with_description("How many requests came with a debug token, and whether it was good.")
            .build();
        if key.is_some() {
            // so that the first time shows as a change
            asked.add(0, &labels(false));
        }
        Self { key, clock, asked }
    }

    /// Whether a request has a good token. A bad one is counted, and otherwise as good as none.
    pub fn want(&self, headers: &HeaderMap) -> bool {
        let (Some(key), Some(token)) = (&self.key, headers.get(TOKEN)) else { return false };
        let good = token.to_str().is_ok_and(|token| key.admits(token, self.clock.now()));
        self.asked.add(1, &labels(good));
        good
    }
}

fn labels(good: bool) -> [KeyValue; 1] {
    [KeyValue::new("praan.debug.token", if good { "good" } else { "bad" })]
}
