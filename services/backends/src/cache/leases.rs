//! Requests of a busy caller, taken out of a shared bucket some at a time, so that most of them need not ask for it.
//!
//! A caller that asks once is counted once. One that has used up what was taken for it within a second gets twice as much the next
//! time, though never more than a small share of what is left: near its limit, every request asks again. What is taken and not used
//! in time is lost to the caller, which is that share at the most.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chassis::Error;
use chassis::clock::Clock;

use super::{Cache, Rate, Taken, Verdict};

/// How long what was taken may be used, in ns.
const LIVES: i64 = 1_000_000_000;
/// Of what is left in a bucket, one in so many may be taken at once.
const SHARE: u32 = 16;
/// What is taken at the most.
const MOST: u32 = 100;
/// How many busy callers are remembered.
const CALLERS: usize = 10_000;

/// Takes requests out of the buckets of a cache.
pub struct Leases {
    cache: Arc<dyn Cache>,
    clock: Clock,
    held: Mutex<HashMap<String, Lease>>,
}

/// What was taken for a caller.
#[derive(Clone, Copy)]
struct Lease {
    rate: Rate,
    /// When, in ns since the epoch.
    since: i64,
    /// How full that left the bucket.
    fill: i64,
    /// How much was taken.
    size: u32,
    /// How much of it is not used.
    unused: u32,
}

impl Leases {
    /// Of the buckets of a cache.
    pub fn new(cache: Arc<dyn Cache>, clock: &Clock) -> Self {
        Self { cache, clock: clock.clone(), held: Mutex::default() }
    }

    /// Takes one request out of a bucket.
    pub async fn take(&self, bucket: &str, rate: Rate) -> Result<Verdict, Error> {
        let now = self.clock.now().timestamp_nanos_opt().unwrap_or(i64::MAX / 2);
        let wanted = match self.held().get_mut(bucket).filter(|lease| lease.counts(rate, now)) {
            Some(lease) if lease.unused > 0 => return Ok(lease.one(now)),
            Some(lease) => lease.next(now),
            None => 1,
        };
        let taken = self.cache.take_some(bucket, rate, wanted).await?;
        let mut lease = Lease { rate, since: now, fill: taken.fill, size: taken.count, unused: taken.count };
        let verdict = lease.one(now);
        self.hold(bucket, lease, now);
        Ok(verdict)
    }

    fn hold(&self, bucket: &str, mut lease: Lease, now: i64) {
        let mut held = self.held();
        if let Some(other) = held.get_mut(bucket) {
            // another request asked at the same time
            lease.unused += if other.counts(lease.rate, now) { other.unused } else { 0 };
            *other = lease;
            return;
        }
        if held.len() >= CALLERS {
            held.retain(|_, lease| lease.counts(lease.rate, now));
        }
        if held.len() < CALLERS {
            held.insert(bucket.to_owned(), lease);
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Lease>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    fn counts(&self, rate: Rate, now: i64) -> bool {
        self.rate == rate && (0..LIVES).contains(&(now - self.since))
    }

    /// Uses one; refused where nothing was taken.
    fn one(&mut self, now: i64) -> Verdict {
        let count = self.unused.min(1);
        self.unused -= count;
        self.rate.verdict(Taken { count, fill: self.left(now) })
    }

    /// How much to take the next time.
    fn next(&self, now: i64) -> u32 {
        let remaining = self.rate.verdict(Taken { count: 1, fill: self.left(now) }).remaining;
        (self.size * 2).clamp(1, (remaining / SHARE).clamp(1, MOST))
    }

    /// How full the bucket is by now, without what is not used.
    fn left(&self, now: i64) -> i64 {
        (self.fill - (now - self.since) - self.rate.cost() * i64::from(self.unused)).max(0)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::memory::MemoryCache;
    use super::*;

    const RATE: Rate = Rate { per_minute: 6_000, burst: 6_000 };

    fn leases(clock: &Clock) -> Leases {
        Leases::new(MemoryCache::new(clock), clock)
    }

    /// How much is at hand for a caller, so that the cache need not be asked.
    fn unused(leases: &Leases, bucket: &str) -> u32 {
        leases.held().get(bucket).map_or(0, |lease| lease.unused)
    }

    fn clock() -> Clock {
        Clock::fixed("2026-03-01T08:00:00Z".parse().unwrap())
    }

    #[tokio::test]
    async fn a_busy_caller_asks_seldom_and_gets_no_more_than_its_limit() {
        let clock = clock();
        let leases = leases(&clock);
        let mut asked = 0;
        for n in 1..=6_000 {
            asked += u32::from(unused(&leases, "busy") == 0);
            let verdict = leases.take("busy", RATE).await.unwrap();
            assert_eq!(
                (verdict.allowed, verdict.remaining),
                (true, 6_000 - n),
                "each is told where it stands"
            );
        }
        assert!(!leases.take("busy", RATE).await.unwrap().allowed);
        assert!(asked < 600, "{asked} of 6000");
    }

    #[tokio::test]
    async fn a_calm_caller_is_counted_one_by_one() {
        let clock = clock();
        let leases = leases(&clock);
        for _ in 0..5 {
            assert_eq!(leases.take("calm", RATE).await.unwrap().remaining, 5_999);
            clock.advance(TimeDelta::seconds(2));
        }
        assert_eq!(leases.held().get("calm").unwrap().size, 1);
    }

    #[tokio::test]
    async fn what_is_not_used_in_time_is_not_used() {
        let clock = clock();
        let leases = leases(&clock);
        for _ in 0..5 {
            leases.take("was busy", RATE).await.unwrap();
        }
        assert_eq!(unused(&leases, "was busy"), 2, "of one, two and four");
        clock.advance(TimeDelta::milliseconds(1_500));
        assert_eq!(leases.take("was busy", RATE).await.unwrap().remaining, 5_999);
        assert_eq!(unused(&leases, "was busy"), 0);
    }
}
