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

/// Those who are refused.
#[derive(Default)]
pub struct Refusals {
    pace: Pace,
    lingering: usize,
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

    #[test]
    fn who_comes_back_too_soon_lingers_the_longer_the_more_there_are() {
        let begun = Instant::now();
        let mut let_in = Pace::default();
        (0..100).for_each(|n| let_in.beat(begun + Duration::from_millis(n * 10)));
        let linger = |every: u64| {
            let mut refusals = Refusals::default();
            let all = (0..100).map(|n| refusals.linger(begun + Duration::from_millis(n * every), &let_in));
            all.last().flatten().map(|linger| linger.as_millis() / 100)
        };
        assert_eq!([20, 5, 2, 0].map(linger), [None, Some(2), Some(5), None], "all at once tell no pace");
    }

    #[test]
    fn only_so_many_linger() {
        let mut let_in = Pace::default();
        let begun = Instant::now();
        (0..100).for_each(|n| let_in.beat(begun + Duration::from_millis(n * 10)));
        let mut refusals = Refusals::default();
        let mut linger = |n| refusals.linger(begun + Duration::from_micros(n), &let_in).is_some();
        assert_eq!((0..5_000).filter(|n| linger(*n)).count(), AT_ONCE);
        refusals.gone();
        assert!(refusals.linger(begun + Duration::from_millis(6), &let_in).is_some());
    }
}
