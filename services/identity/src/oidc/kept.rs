//! What a provider publishes, kept for a while, and for longer while the provider is away.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chassis::Error;
use chassis::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};

/// How long one waits after a failure before anything has ever come.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(1);

/// A published thing. Many who want it at once cause one call.
pub struct Kept<T> {
    clock: Clock,
    pause: TimeDelta,
    state: Mutex<State<T>>,
    turn: tokio::sync::Mutex<()>,
}

struct State<T> {
    value: Option<Arc<T>>,
    fresh_until: DateTime<Utc>,
    asked_at: DateTime<Utc>,
}

impl<T> Kept<T> {
    /// Nothing yet. `pause` is the least time between two calls.
    pub fn new(clock: &Clock, pause: TimeDelta) -> Self {
        let (fresh_until, asked_at) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
        let state = Mutex::new(State { value: None, fresh_until, asked_at });
        Self { clock: clock.clone(), pause, state, turn: tokio::sync::Mutex::default() }
    }

    /// The thing, fetched anew when it is old, or is not `enough` for the one who asks, and the last call is a pause ago. Where
    /// that fails, or may not be tried yet, it is the last good one.
    pub async fn get(
        &self,
        enough: impl Fn(&T) -> bool,
        fetch: impl Future<Output = Result<(T, TimeDelta), Error>>,
    ) -> Result<Arc<T>, Error> {
        if let Some(value) = self.good(&enough) {
            return Ok(value);
        }
        let _turn = self.turn.lock().await;
        // while this one waited, another may have fetched it
        if let Some(value) = self.good(&enough) {
            return Ok(value);
        }
        let now = self.clock.now();
        let (last, asked_at) = {
            let state = self.state();
            (state.value.clone(), state.asked_at)
        };
        let pause = if last.is_some() { self.pause } else { FIRST_PAUSE.min(self.pause) };
        if now - asked_at < pause {
            return last.ok_or_else(|| Error::unavailable("an identity provider has just failed to answer"));
        }
        self.state().asked_at = now;
        match (fetch.await, last) {
            (Ok((value, lifetime)), _) => {
                let value = Arc::new(value);
                let mut state = self.state();
                (state.value, state.fresh_until) = (Some(value.clone()), now + lifetime);
                Ok(value)
            }
            (Err(error), Some(last)) => {
                error.log("an identity provider is away; what it last published still holds");
                Ok(last)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn good(&self, enough: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let (state, now) = (self.state(), self.clock.now());
        state.value.clone().filter(|value| now < state.fresh_until && enough(value))
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const HOUR: TimeDelta = TimeDelta::hours(1);

    struct Shelf {
        kept: Kept<i64>,
        clock: Clock,
        calls: AtomicI64,
    }

    impl Shelf {
        fn new() -> Self {
            let clock = Clock::fixed(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
            let kept = Kept::new(&clock, TimeDelta::minutes(1));
            Self { kept, clock, calls: AtomicI64::new(0) }
        }

        /// Asks for a number of at least `least`; every call gives the next one.
        async fn ask(&self, least: i64, away: bool) -> Result<i64, Error> {
            let fetch = async {
                tokio::task::yield_now().await;
                let n = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
                if away { Err(Error::unavailable("away")) } else { Ok((n, HOUR)) }
            };
            self.kept.get(|n| *n >= least, fetch).await.map(|n| *n)
        }
    }

    #[tokio::test]
    async fn many_at_once_cause_one_call_and_so_does_an_hour() {
        let shelf = Shelf::new();
        let answers = futures_util::future::join_all((0..50).map(|_| shelf.ask(0, false))).await;
        assert!(answers.into_iter().all(|n| n.unwrap() == 1));
        shelf.clock.advance(HOUR - TimeDelta::seconds(1));
        assert_eq!(shelf.ask(0, false).await.unwrap(), 1);
        shelf.clock.advance(TimeDelta::seconds(1));
        assert_eq!(shelf.ask(0, false).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn what_is_not_enough_is_fetched_again_at_most_once_a_pause() {
        let shelf = Shelf::new();
        shelf.ask(0, false).await.unwrap();
        for _ in 0..10 {
            assert_eq!(shelf.ask(9, false).await.unwrap(), 1, "within the pause nobody is called");
        }
        shelf.clock.advance(TimeDelta::minutes(1));
        let answers = futures_util::future::join_all((0..50).map(|_| shelf.ask(9, false))).await;
        assert!(answers.into_iter().all(|n| n.unwrap() == 2));
        assert_eq!(shelf.calls.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn the_last_good_one_holds_while_the_provider_is_away() {
        let shelf = Shelf::new();
        assert!(shelf.ask(0, true).await.is_err());
        assert!(shelf.ask(0, false).await.is_err(), "nobody is called again at once");
        shelf.clock.advance(TimeDelta::seconds(1));
        assert_eq!(shelf.ask(0, false).await.unwrap(), 2);
        shelf.clock.advance(HOUR * 100);
        assert_eq!(shelf.ask(0, true).await.unwrap(), 2);
        assert_eq!(shelf.ask(0, false).await.unwrap(), 2, "not within the pause");
        shelf.clock.advance(TimeDelta::minutes(1));
        assert_eq!(shelf.ask(0, false).await.unwrap(), 4);
    }
}
