//! The leaky bucket (GCRA): one instant per bucket, the one at which it will be empty again, decides everything.

use std::time::Duration;

const MINUTE: i64 = 60_000_000_000;

/// How fast a bucket leaks and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests per minute in the long run; at least 1.
    pub per_minute: u32,
    /// Requests at once; at least 1.
    pub burst: u32,
}

/// What a bucket says to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request may pass.
    pub allowed: bool,
    /// How many requests an empty bucket takes at once.
    pub limit: u32,
    /// How many more it takes now.
    pub remaining: u32,
    /// How long until it takes one more; zero while it does.
    pub retry_after: Duration,
    /// How long until it is empty.
    pub reset_after: Duration,
}

impl Rate {
    /// Judges a request at `now` by the instant at which the bucket will be empty (both in ns since the epoch): the verdict, and
    /// the new instant.
    pub fn judge(self, empty_at: i64, now: i64) -> (Verdict, i64) {
        let before = empty_at.saturating_sub(now).max(0);
        let allowed = before.saturating_add(self.cost()) <= self.room();
        let fill = if allowed { before + self.cost() } else { before };
        (self.verdict(allowed, fill), now.saturating_add(fill))
    }

    /// How much one request puts in, as the time (ns) in which that much leaks.
    pub(super) fn cost(self) -> i64 {
        MINUTE / i64::from(self.per_minute.max(1))
    }

    /// How much the bucket holds, in the same measure.
    pub(super) fn room(self) -> i64 {
        self.cost().saturating_mul(i64::from(self.burst.max(1)))
    }

    /// What to say to a request, which has left the bucket this full.
    pub(super) fn verdict(self, allowed: bool, fill: i64) -> Verdict {
        let free = self.room() - fill;
        Verdict {
            allowed,
            limit: self.burst.max(1),
            remaining: u32::try_from(free / self.cost()).unwrap_or(0),
            retry_after: nanos(self.cost() - free),
            reset_after: nanos(fill),
        }
    }
}

fn nanos(ns: i64) -> Duration {
    Duration::from_nanos(u64::try_from(ns).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_minute: 60, burst: 3 };
    const SECOND: i64 = MINUTE / 60;

    #[test]
    fn a_burst_passes_and_then_one_a_second() {
        let mut empty_at = 0;
        let mut at = |now: i64| {
            let (verdict, next) = RATE.judge(empty_at, now);
            empty_at = next;
            verdict
        };
        let start = 1_000 * SECOND;
        assert_eq!([at(start).remaining, at(start).remaining, at(start).remaining], [2, 1, 0]);
        let refused = at(start);
        assert!(!refused.allowed);
        assert_eq!(
            (refused.retry_after, refused.reset_after),
            (Duration::from_secs(1), Duration::from_secs(3))
        );
        assert!(!at(start + SECOND - 1).allowed);
        assert!(at(start + SECOND).allowed);
        assert!(!at(start + SECOND).allowed);
        assert_eq!(at(start + 100 * SECOND).remaining, 2);
    }

    #[test]
    fn a_rate_of_nothing_still_is_a_rate() {
        let (verdict, _) = Rate { per_minute: 0, burst: 0 }.judge(0, SECOND);
        assert!(verdict.allowed);
        assert_eq!((verdict.limit, verdict.remaining), (1, 0));
    }
}
