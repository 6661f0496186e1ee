use std::time::Duration;

use tokio::time::Instant;

/// How soon the same happens again, by how often it has happened in the last span of time: what works in batches happens in bursts.
pub struct Pace {
    span: Duration,
    /// When it happened last, or began to be looked at.
    last: Option<Instant>,
    spent: Duration,
    times: u32,
    mean: Duration,
}

impl Pace {
    /// Which is known anew after each span of time.
    pub fn over(span: Duration) -> Self {
        Self { span, last: None, spent: Duration::ZERO, times: 0, mean: Duration::ZERO }
    }

    /// It is looked at again; the time since it happened last does not count.
    pub fn begin(&mut self, now: Instant) {
        self.last = Some(now);
    }

    /// It has happened.
    pub fn beat(&mut self, now: Instant) {
        let last = self.last.replace(now).unwrap_or(now);
        self.spent += now.saturating_duration_since(last);
        self.times += 1;
        if self.spent >= self.span {
            self.mean = self.spent / self.times;
            (self.spent, self.times) = (Duration::ZERO, 0);
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
    fn the_mean_follows_whether_it_comes_in_bursts_or_not() {
        let (mut slow, mut fast) =
            (Pace::over(Duration::from_millis(100)), Pace::over(Duration::from_millis(100)));
        let begun = Instant::now();
        assert_eq!((slow.expects(9), slow.while_once(&fast)), (Duration::ZERO, None));
        slow.begin(begun);
        fast.begin(begun);
        (1..=20).for_each(|n| slow.beat(begun + Duration::from_millis(n * 10)));
        // ten at once
        (1..=10).for_each(|n| (0..10).for_each(|_| fast.beat(begun + Duration::from_millis(n * 20))));
        assert_eq!(slow.expects(9).as_millis(), 90);
        assert_eq!(fast.while_once(&slow).map(f64::round), Some(5.0));
        (1..=100).for_each(|n| slow.beat(begun + Duration::from_millis(200 + n * 2)));
        assert_eq!(slow.expects(10).as_millis(), 20);
        slow.beat(begun + Duration::from_secs(60));
        assert!(slow.expects(1) > Duration::from_secs(59), "it has become very slow");
    }
}
