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

/// What a bucket gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many requests may pass.
    pub count: u32,
    /// How full the bucket is with them, as the time (ns) in which that much leaks.
    pub fill: i64,
}

impl Rate {
    /// Judges some requests at `now` by the instant at which the bucket will be empty (both in ns since the epoch): how many of them
    /// may pass, and the new instant.
    pub fn judge(self, empty_at: i64, now: i64, wanted: u32) -> (Taken, i64) {
        let before = empty_at.saturating_sub(now).max(0);
        let fit = (self.room().saturating_sub(before) / self.cost()).max(0);
        let count = u32::try_from(fit).unwrap_or(u32::MAX).min(wanted);
        let fill = before + self.cost() * i64::from(count);
        (Taken { count, fill }, now.saturating_add(fill))
    }

    /// How much one request puts in, as the time (ns) in which that much leaks.
    pub(super) fn cost(self) -> i64 {
        MINUTE / i64::from(self.per_minute.max(1))
    }

    /// How much the bucket holds, in the same measure.
    pub(super) fn room(self) -> i64 {
        self.cost().saturating_mul(i64::from(self.burst.max(1)))
    }

    /// What to say to a request, of what was taken for it.
    pub fn verdict(self, Taken { count, fill }: Taken) -> Verdict {
        let free = self.room() - fill;
        Verdict {
            allowed: count > 0,
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
            let (taken, next) = RATE.judge(empty_at, now, 1);
            empty_at = next;
            RATE.verdict(taken)
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
    fn of_many_as_many_pass_as_have_room() {
        let (taken, empty_at) = RATE.judge(0, SECOND, 2);
        assert_eq!((taken.count, RATE.verdict(taken).remaining), (2, 1));
        let (rest, empty_at) = RATE.judge(empty_at, SECOND, 2);
        assert_eq!((rest.count, RATE.verdict(rest).remaining), (1, 0));
        let (none, _) = RATE.judge(empty_at, SECOND, 2);
        assert_eq!((none.count, none.fill), (0, 3 * SECOND));
    }

    #[test]
    fn a_rate_of_nothing_still_is_a_rate() {
        let none = Rate { per_minute: 0, burst: 0 };
        let verdict = none.verdict(none.judge(0, SECOND, 1).0);
        assert!(verdict.allowed);
        assert_eq!((verdict.limit, verdict.remaining), (1, 0));
    }
}
