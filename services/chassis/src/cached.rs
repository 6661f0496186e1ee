//! Answers that may be a moment old.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use moka::future::{Cache, CacheBuilder};
use moka::policy::EvictionPolicy;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;

use crate::Error;

/// Keeps answers for a bounded time; many who ask for the same at once cause one question. Errors are not kept.
#[derive(Clone)]
pub struct Cached<K, V> {
    answers: Cache<K, V>,
    name: &'static str,
    lookups: Counter<u64>,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Cached<K, V> {
    /// At most `capacity` answers, each at most `ttl` old. `name` tells it from others, for whoever watches.
    pub fn new(name: &'static str, capacity: u64, ttl: Duration) -> Self {
        Self::of(name, ttl, Cache::builder().max_capacity(capacity))
    }

    /// Answers of so many bytes together, where `bytes` tells those of one.
    pub fn weighed(
        name: &'static str,
        capacity: u64,
        ttl: Duration,
        bytes: impl Fn(&V) -> usize + Send + Sync + 'static,
    ) -> Self {
        let weigh = move |_: &K, answer: &V| u32::try_from(bytes(answer)).unwrap_or(u32::MAX);
        Self::of(name, ttl, Cache::builder().max_capacity(capacity).weigher(weigh))
    }

    fn of(name: &'static str, ttl: Duration, answers: CacheBuilder<K, V, Cache<K, V>>) -> Self {
        let lookups = opentelemetry::global::meter("praan")
            .u64_counter("praan.cache.lookups")
            .with_description(
                "How often an answer was looked for in a cache of the process: a hit, or a miss.",
            )
            .build();
        // whoever comes asks several times and then not for hours: the newest matter, not those asked for most
        let answers = answers.eviction_policy(EvictionPolicy::lru()).time_to_live(ttl).build();
        Self { answers, name, lookups }
    }

    /// The kept answer if it is still good, or a new one from `ask`.
    pub async fn get_good_or<F: Future<Output = Result<V, Error>>>(
        &self,
        key: K,
        good: impl Fn(&V) -> bool,
        ask: impl Fn() -> F,
    ) -> Result<V, Error> {
        if self.answers.get(&key).await.is_some_and(|known| !good(&known)) {
            self.forget(&key).await;
        }
        let answer = self.get_or(key, ask()).await?;
        // another may have asked before it was worthless
        if good(&answer) { Ok(answer) } else { ask().await }
    }

    /// The kept answer, if there is one.
    pub async fn peek(&self, key: &K) -> Option<V> {
        self.answers.get(key).await
    }

    /// Keeps an answer that nobody has asked for.
    pub async fn put(&self, key: K, answer: V) {
        self.answers.insert(key, answer).await;
    }

    /// The kept answer, or a new one from `ask`.
    pub async fn get_or(&self, key: K, ask: impl Future<Output = Result<V, Error>>) -> Result<V, Error> {
        let missed = AtomicBool::new(false);
        let noticed = async {
            missed.store(true, Ordering::Relaxed);
            ask.await
        };
        let answer = self.answers.try_get_with(key, noticed).await;
        // who waited for the question of another has not asked
        let outcome = if missed.load(Ordering::Relaxed) { "miss" } else { "hit" };
        let labels = [KeyValue::new("praan.cache", self.name), KeyValue::new("praan.cache.outcome", outcome)];
        self.lookups.add(1, &labels);
        answer.map_err(|shared: Arc<Error>| match Arc::try_unwrap(shared) {
            Ok(error) => error,
            // the same refusal goes to everybody who waited; its cause stays with the first
            Err(shared) => shared.external(),
        })
    }

    /// Forgets one answer.
    pub async fn forget(&self, key: &K) {
        self.answers.invalidate(key).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_stay() {
        let cached = Cached::new("tests", 10, Duration::from_secs(60));
        // those asked for most are the oldest
        for n in [0, 1, 2, 0, 1, 2].into_iter().chain(0..300) {
            cached.get_or(n, async { Ok(n) }).await.unwrap();
        }
        cached.answers.run_pending_tasks().await;
        assert_eq!(cached.answers.entry_count(), 10);
        for n in 290..300 {
            assert_eq!(cached.peek(&n).await, Some(n));
        }
    }
}
