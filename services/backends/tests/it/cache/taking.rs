use std::time::Duration;

use backends::cache::{Rate, Verdict};
use chassis::clock::Clock;
use chrono::TimeDelta;
use futures_util::future::join_all;

use super::Adapter;

const RATE: Rate = Rate { per_minute: 60, burst: 60 };

fn clock() -> Clock {
    Clock::fixed("2026-03-01T12:00:00.5Z".parse().unwrap())
}

/// 16 tasks take 400 from a bucket that holds 60, while time stands still.
pub async fn exact(adapter: impl Adapter) {
    let cache = adapter.open(&clock()).await;
    let takers = (0..16).map(|_| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let mut verdicts = Vec::new();
            for _ in 0..25 {
                verdicts.push(cache.take("somebody", RATE).await.unwrap());
            }
            verdicts
        })
    });
    let verdicts: Vec<Verdict> = join_all(takers).await.into_iter().flat_map(Result::unwrap).collect();
    let mut remaining: Vec<u32> = verdicts.iter().filter(|v| v.allowed).map(|v| v.remaining).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, (0..60).collect::<Vec<_>>());
    let refused = verdicts.iter().find(|v| !v.allowed).unwrap();
    let (retry_after, reset_after) = (Duration::from_secs(1), Duration::from_secs(60));
    assert_eq!(*refused, Verdict { allowed: false, limit: 60, remaining: 0, retry_after, reset_after });
}

pub async fn leak(adapter: impl Adapter) {
    let clock = clock();
    let cache = adapter.open(&clock).await;
    while cache.take("somebody", RATE).await.unwrap().allowed {}
    for _ in 0..10 {
        clock.advance(TimeDelta::microseconds(999_999));
        assert!(!cache.take("somebody", RATE).await.unwrap().allowed);
        clock.advance(TimeDelta::microseconds(1));
        assert!(cache.take("somebody", RATE).await.unwrap().allowed);
    }
    clock.advance(TimeDelta::seconds(30));
    let mut passed = 0;
    while cache.take("somebody", RATE).await.unwrap().allowed {
        passed += 1;
    }
    assert_eq!(passed, 30);
    clock.advance(TimeDelta::days(365));
    let verdict = cache.take("somebody", RATE).await.unwrap();
    assert_eq!(
        (verdict.remaining, verdict.reset_after),
        (59, Duration::from_secs(1)),
        "it never holds more than its burst"
    );
}

/// Takes at odd times and changing rates, each verdict compared with the rule itself.
pub async fn judged(adapter: impl Adapter) {
    let clock = clock();
    let cache = adapter.open(&clock).await;
    let rates = [RATE, Rate { per_minute: 7, burst: 3 }, Rate { per_minute: 6_000, burst: 1 }];
    let mut empty_at = 0;
    let mut refused = 0;
    for step in 0..300_usize {
        let rate = rates[step / 30 % 3];
        let now = clock.now().timestamp_nanos_opt().unwrap();
        let wanted = 1 + step as u32 % 3;
        let (taken, next) = rate.judge(empty_at, now, wanted);
        assert_eq!(cache.take_some("somebody", rate, wanted).await.unwrap(), taken, "step {step}");
        empty_at = next;
        refused += usize::from(taken.count == 0);
        clock.advance(TimeDelta::microseconds(step as i64 * 7_919 % 1_999_993));
    }
    assert!((50..250).contains(&refused), "a fair mix, not {refused} refused");
}

pub async fn apart(adapter: impl Adapter) {
    let cache = adapter.open(&clock()).await;
    while cache.take("somebody", RATE).await.unwrap().allowed {}
    assert_eq!(cache.take("another", RATE).await.unwrap().remaining, 59);
}
