//! Leaves a model alone while it rests: for as long as it asks, or, when it failed several times in a row, for a moment.
//!
//! The breaker of the chassis refuses at once, which suits a caller who waits. Here a message waits, whose tries are few: it
//! is held back while the gate is closed, and so does not lose a try to a model that said when to come back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// So many failures in a row close the gate.
const FAILURES: u32 = 5;
/// For so long.
const REST: Duration = Duration::from_secs(10);

/// The gate before a model, for all who ask it.
#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    opens: Option<Instant>,
}

impl Gate {
    /// Waits until the gate is open; false when that takes longer than `patience`.
    pub async fn pass(&self, patience: Duration) -> bool {
        let last = Instant::now() + patience;
        while let Some(opens) = self.closed_until(Instant::now()) {
            if opens > last {
                return false;
            }
            sleep_until(opens).await;
        }
        true
    }

    fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.state().opens.filter(|opens| *opens > now)
    }

    /// The model answered.
    pub fn well(&self) {
        self.state().failures = 0;
    }

    /// The model did not answer, and perhaps said how long it rests.
    pub fn ill(&self, rest: Option<Duration>, now: Instant) {
        let mut state = self.state();
        state.failures += 1;
        let own = (state.failures >= FAILURES).then_some(REST);
        let opens = rest.max(own).map(|rest| now + rest);
        state.opens = state.opens.max(opens);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_when_the_model_said_so() {
        let (gate, now) = (Gate::default(), Instant::now());
        gate.ill(Some(Duration::from_secs(30)), now);
        gate.ill(Some(Duration::from_secs(1)), now);
        let opens = now + Duration::from_secs(30);
        assert_eq!(gate.closed_until(now), Some(opens), "the longer rest holds");
        assert_eq!(gate.closed_until(opens), None);
    }

    #[test]
    fn failures_in_a_row_close_it_and_others_do_not() {
        let (gate, now) = (Gate::default(), Instant::now());
        for _ in 0..3 {
            (1..FAILURES).for_each(|_| gate.ill(None, now));
            assert_eq!(gate.closed_until(now), None);
            gate.well();
        }
        (0..FAILURES).for_each(|_| gate.ill(None, now));
        assert_eq!(gate.closed_until(now), Some(now + REST));
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_they_may() {
        let gate = Gate::default();
        assert!(gate.pass(Duration::ZERO).await);
        gate.ill(Some(Duration::from_secs(3600)), Instant::now());
        assert!(!gate.pass(Duration::from_secs(60)).await);
        let gate = Gate::default();
        gate.ill(Some(Duration::from_millis(20)), Instant::now());
        assert!(gate.pass(Duration::from_secs(60)).await);
        assert_eq!(gate.closed_until(Instant::now()), None);
    }
}
