//! Answers about families that are trusted for as long as those who gave them say that nothing has changed.
//!
//! Whoever decides on access numbers what it changes. Before an answer is used again, all of them are asked what has changed since they
//! were asked last, unless that was a moment ago: one short question for all answers together. So a withdrawn grant is so everywhere
//! within [`TRUST`], although most requests ask nobody. When one of them does not tell, every answer is as old as it looks.

mod tellers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Error;
use crate::cached::Cached;
pub use tellers::of_programs;

/// How old an answer may be that nobody has confirmed: the bound on everything that is withdrawn.
pub const TRUST: Duration = Duration::from_secs(1);
/// How long after they were asked what has changed they are asked again.
const BETWEEN: Duration = Duration::from_millis(500);
/// How long an answer is kept.
const LIVES: Duration = Duration::from_secs(600);
/// How many families are remembered to have changed, before all answers are forgotten instead.
const MOST_FAMILIES: usize = 100_000;

/// What somebody tells of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The number of the last change.
    pub last: i64,
    /// The families of which something has changed.
    pub families: Vec<i64>,
    /// Whether there may have been changes that are not among these.
    pub forget: bool,
}

/// Somebody who tells of changes, from a number on.
pub type Teller = Box<dyn Fn(i64) -> Pin<Box<dyn Future<Output = Result<Told, Error>> + Send>> + Send + Sync>;

/// An answer about a family.
pub trait Answer: Send + Sync + 'static {
    /// The family.
    fn family_id(&self) -> i64;
    /// Whether it is good until something is changed. Another is good for [`TRUST`]: a grant may end by itself.
    fn lasts(&self) -> bool;
}

/// Remembers answers.
pub struct Trusted<K, V> {
    known: Cached<K, Arc<Known<V>>>,
    news: Arc<News>,
}

impl<K: Clone, V> Clone for Trusted<K, V> {
    fn clone(&self) -> Self {
        Self { known: self.known.clone(), news: self.news.clone() }
    }
}

struct Known<V> {
    answer: Arc<V>,
    asked: Instant,
    /// The round that was the last one when it was asked for.
    round: u64,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Answer> Trusted<K, V> {
    /// At most `capacity` answers, which hang on what all `tellers` change.
    pub fn new(name: &'static str, capacity: u64, tellers: Vec<Teller>) -> Self {
        let seen = Mutex::new(vec![0; tellers.len()]);
        let news = News { tellers, seen, heard: RwLock::default() };
        Self { known: Cached::new(name, capacity, LIVES), news: Arc::new(news) }
    }

    /// The answer that is known, or a new one from `ask`.
    pub async fn get_or<F: Future<Output = Result<V, Error>>>(
        &self,
        key: K,
        ask: impl Fn() -> F,
    ) -> Result<Arc<V>, Error> {
        let round = self.news.round().await;
        let fresh = || {
            let (asked, answer) = (Instant::now(), ask());
            async move { Ok(Arc::new(Known { answer: Arc::new(answer.await?), asked, round })) }
        };
        let good = |known: &Arc<Known<V>>| self.news.vouches_for(known);
        Ok(self.known.get_good_or(key, good, fresh).await?.answer.clone())
    }
}

/// What was heard of changes.
struct News {
    tellers: Vec<Teller>,
    /// The last change of each; held by the one who asks them.
    seen: Mutex<Vec<i64>>,
    heard: RwLock<Heard>,
}

#[derive(Default)]
struct Heard {
    /// When all of them were last asked, and told.
    begun: Option<Instant>,
    /// How often that was.
    round: u64,
    /// In which round something of a family had changed.
    changed: HashMap<i64, u64>,
    /// Answers of earlier rounds are forgotten.
    first: u64,
}

impl News {
    /// The last round, after a new one if it was some time ago.
    async fn round(&self) -> u64 {
        if !self.is_due() {
            return self.read().round;
        }
        let mut seen = self.seen.lock().await;
        if self.is_due() {
            let begun = Instant::now();
            match self.ask(&seen).await {
                Ok(told) => {
                    *seen = told.iter().map(|told| told.last).collect();
                    self.hear(begun, told);
                }
                Err(error) => tracing::debug!(%error, "it is not known what has changed"),
            }
        }
        self.read().round
    }

    fn is_due(&self) -> bool {
        self.read().begun.is_none_or(|begun| begun.elapsed() > BETWEEN)
    }

    async fn ask(&self, seen: &[i64]) -> Result<Vec<Told>, Error> {
        let all = self.tellers.iter().zip(seen).map(|(teller, after)| teller(*after));
        futures_util::future::try_join_all(all).await
    }

    fn hear(&self, begun: Instant, told: Vec<Told>) {
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        heard.begun = Some(begun);
        heard.round += 1;
        let round = heard.round;
        if told.iter().any(|told| told.forget) || heard.changed.len() > MOST_FAMILIES {
            heard.first = round;
            heard.changed.clear();
        }
        heard.changed.extend(told.into_iter().flat_map(|told| told.families).map(|family| (family, round)));
    }

    /// Whether nothing has changed since an answer was asked for, as far as one may not know for a moment.
    fn vouches_for<V: Answer>(&self, known: &Known<V>) -> bool {
        let heard = self.read();
        let changed = heard.changed.get(&known.answer.family_id()).is_some_and(|round| *round > known.round);
        let confirmed = heard.begun.is_some_and(|begun| begun.elapsed() < TRUST);
        let young = known.asked.elapsed() < TRUST;
        known.round >= heard.first && !changed && (young || confirmed && known.answer.lasts())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Heard> {
        self.heard.read().unwrap_or_else(PoisonError::into_inner)
    }
}
