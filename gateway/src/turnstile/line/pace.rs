use std::time::Duration;

use tokio::time::Instant;

/// How much the newest counts in the mean: it follows the last thirty or so.
const NEWEST: f64 = 1.0 / 16.0;
/// What happens after so long is another story.
const PAST: Duration = Duration::from_secs(1);

/// How soon the same happens again.
#[derive(Default)]
pub struct Pace {
    mean: Duration,
    last: Option<Instant>,
}

impl Pace {
    /// It begins anew; what is known stays known.
    pub fn begin(&mut self, now: Instant) {
        self.last = Some(now);
    }

    /// It has happened.
    pub fn beat(&mut self, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            let took = now.saturating_duration_since(last);
            self.mean = match self.mean {
                _ if took > PAST => Duration::ZERO,
                Duration::ZERO => took,
                mean => mean.mul_f64(1.0 - NEWEST) + took.mul_f64(NEWEST),
            };
        }
    }

    /// How long it takes until it has happened so often; nothing while nobody knows.
    pub fn expects(&self, times: usize) -> Duration {
        self.mean.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX))
    }

    /// How often it happens while another thing happens once; none while nobody knows.
    pub fn while_once(&self, other: &Self) -> Option<f64> {
        let (own, other) = (self.mean.as_secs_f64(), other.mean.as_secs_f64());
        (own > 0.0).then(|| other / own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_follows_and_a_long_rest_is_forgotten() {
        let (mut slow, mut fast) = (Pace::default(), Pace::default());
        let begun = Instant::now();
        assert_eq!((slow.expects(9), slow.while_once(&fast)), (Duration::ZERO, None));
        (0..100).for_each(|n| slow.beat(begun + Duration::from_millis(n * 10)));
        (0..100).for_each(|n| fast.beat(begun + Duration::from_millis(n * 2)));
        assert_eq!(slow.expects(9).as_millis(), 90);
        assert_eq!(fast.while_once(&slow).map(f64::round), Some(5.0));
        (100..200).for_each(|n| slow.beat(begun + Duration::from_millis(990 + (n - 99) * 2)));
        assert_eq!(fast.while_once(&slow).map(f64::round), Some(1.0));
        slow.beat(begun + Duration::from_secs(60));
        assert_eq!(slow.expects(9), Duration::ZERO);
    }
}
