//! Answers that may be a moment old.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use crate::Error;

/// Keeps answers for a bounded time; many who ask for the same at once cause one question. Errors are not kept.
#[derive(Clone)]
pub struct Cached<K, V>(Cache<K, V>);

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Cached<K, V> {
    /// At most `capacity` answers, each at most `ttl` old.
    pub fn new(capacity: u64, ttl: Duration) -> Self {
        Self(Cache::builder().max_capacity(capacity).time_to_live(ttl).build())
    }

    /// The kept answer, or a new one from `ask`.
    pub async fn get_or(&self, key: K, ask: impl Future<Output = Result<V, Error>>) -> Result<V, Error> {
        self.0.try_get_with(key, ask).await.map_err(|shared: Arc<Error>| match Arc::try_unwrap(shared) {
            Ok(error) => error,
            // the same refusal goes to everybody who waited; its cause stays with the first
            Err(shared) => shared.external(),
        })
    }

    /// Forgets one answer.
    pub async fn forget(&self, key: &K) {
        self.0.invalidate(key).await;
    }
}
