//! How those are told that they are refused: at once, unless they come back too soon. Where more are refused than let in, many do not wait
//! for as long as they are told, and to refuse them takes what others need; so they linger, since who waits for an answer asks nothing.

use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;

/// How long one lingers, for each who is refused while one is let in.
const LINGER: Duration = Duration::from_millis(100);
/// How many count so at the most.
const MOST: f64 = 10.0;
/// How many linger at once. They have neither a place nor a body, but a connection.
const AT_ONCE: usize = 4_096;

/// Over how long one who comes back at once shows, so that a crowd that comes only once does not look so.
const SPAN: Duration = Duration::from_secs(1);

/// Those who are refused.
pub struct Refusals {
    pace: Pace,
    lingering: usize,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { pace: Pace::over(SPAN), lingering: 0 }
    }
}

impl Refusals {
    /// Somebody is refused: how long to linger, where others are let in at a pace; none who is to be told at once.
    pub fn linger(&mut self, now: Instant, let_in: &Pace) -> Option<Duration> {
        self.pace.beat(now);
        let many = self.pace.while_once(let_in).filter(|many| *many > 1.0)?;
        (self.lingering < AT_ONCE).then(|| {
            self.lingering += 1;
            LINGER.mul_f64(many.min(MOST))
        })
    }

    /// Somebody who lingered is told.
    pub fn gone(&mut self) {
        self.lingering -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten a second are let in.
    fn let_in(begun: Instant) -> Pace {
        let mut pace = Pace::over(SPAN);
        (0..=10).for_each(|n| pace.beat(begun + Duration::from_millis(n * 100)));
        pace
    }

    #[test]
    fn who_comes_back_too_soon_lingers_the_longer_the_more_there_are() {
        let begun = Instant::now();
        let linger = |every: u64| {
            let mut refusals = Refusals::default();
            let all = (0..2_000 / every)
                .map(|n| refusals.linger(begun + Duration::from_millis(n * every), &let_in(begun)));
            all.last().flatten().map(|linger| (linger.as_millis() + 50) / 100)
        };
        assert_eq!([200, 50, 20, 1].map(linger), [None, Some(2), Some(5), Some(10)]);
    }

    #[test]
    fn a_crowd_that_comes_once_is_told_at_once_and_only_so_many_linger() {
        let begun = Instant::now();
        let mut refusals = Refusals::default();
        let mut linger =
            |millis| refusals.linger(begun + Duration::from_millis(millis), &let_in(begun)).is_some();
        assert_eq!((0..5_000).filter(|_| linger(1)).count(), 0);
        assert_eq!((0..5_000).filter(|_| linger(1_001)).count(), AT_ONCE);
        refusals.gone();
        assert!(refusals.linger(begun + Duration::from_millis(1_002), &let_in(begun)).is_some());
    }
}
