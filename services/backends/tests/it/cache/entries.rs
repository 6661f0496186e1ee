use std::time::Duration;

use backends::cache::Entry;
use bytes::Bytes;
use chassis::clock::Clock;
use chrono::TimeDelta;
use futures_util::future::join_all;

use super::Adapter;

const HOUR: Duration = Duration::from_secs(3600);

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

pub async fn put_get_delete(adapter: impl Adapter) {
    let cache = adapter.open(&Clock::system()).await;
    assert_eq!(cache.get("a").await.unwrap(), None);
    assert!(cache.put_if_newer("a", 1, text("one"), HOUR).await.unwrap());
    assert!(cache.put_if_newer("b", 1, text("other"), HOUR).await.unwrap());
    assert_eq!(cache.get("a").await.unwrap(), Some(Entry { version: 1, value: text("one") }));
    cache.delete("a").await.unwrap();
    cache.delete("a").await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), None);
    assert_eq!(cache.get("b").await.unwrap().unwrap().value, text("other"));
}

pub async fn newer_wins(adapter: impl Adapter) {
    let cache = adapter.open(&Clock::system()).await;
    assert!(cache.put_if_newer("a", 5, text("five"), HOUR).await.unwrap());
    for stale in [5, 4, 0, -1] {
        assert!(!cache.put_if_newer("a", stale, text("stale"), HOUR).await.unwrap());
    }
    assert_eq!(cache.get("a").await.unwrap().unwrap().value, text("five"));
    assert!(cache.put_if_newer("a", 6, text("six"), HOUR).await.unwrap());
    assert_eq!(cache.get("a").await.unwrap(), Some(Entry { version: 6, value: text("six") }));
}

pub async fn race(adapter: impl Adapter) {
    let cache = adapter.open(&Clock::system()).await;
    let puts = (0..200_i64).map(|n| {
        let cache = cache.clone();
        // in no order: 77 has no divisor in common with 200
        let version = n * 77 % 200;
        tokio::spawn(async move {
            cache.put_if_newer("a", version, version.to_string().into(), HOUR).await.unwrap()
        })
    });
    join_all(puts).await.into_iter().for_each(|put| assert!(put.is_ok()));
    assert_eq!(cache.get("a").await.unwrap(), Some(Entry { version: 199, value: text("199") }));
}

/// Neighbours beyond 2^53, where floating point numbers have gaps, and on both sides of where half of the bits change.
pub async fn any_version(adapter: impl Adapter) {
    let cache = adapter.open(&Clock::system()).await;
    let edges = [i64::MIN, -(1 << 53) - 1, -(1 << 32), -1, 0, (1 << 32) - 1, (1 << 53) + 1, i64::MAX - 1];
    for (key, version) in edges.into_iter().map(|edge| (edge.to_string(), edge)) {
        for (newer, stored) in [(version, true), (version, false), (version + 1, true), (version, false)] {
            let put = cache.put_if_newer(&key, newer, text("value"), HOUR).await.unwrap();
            assert_eq!(put, stored, "{newer} at {key}");
        }
        assert_eq!(cache.get(&key).await.unwrap().unwrap().version, version + 1);
    }
    for version in edges {
        assert!(cache.put_if_newer("all", version, text("value"), HOUR).await.unwrap(), "{version}");
    }
}

pub async fn any_bytes(adapter: impl Adapter) {
    let cache = adapter.open(&Clock::system()).await;
    for value in [Bytes::new(), (0..=255).collect(), Bytes::from(vec![7; 200_000])] {
        let key = format!("{{member}}:\u{a0}{}", value.len());
        assert!(cache.put_if_newer(&key, 1, value.clone(), HOUR).await.unwrap());
        assert_eq!(cache.get(&key).await.unwrap(), Some(Entry { version: 1, value }));
    }
}

pub async fn ttl(adapter: impl Adapter) {
    let clock = Clock::fixed("2026-03-01T12:00:00Z".parse().unwrap());
    let cache = adapter.open(&clock).await;
    cache.put_if_newer("a", 9, text("nine"), Duration::from_secs(60)).await.unwrap();
    clock.advance(TimeDelta::milliseconds(59_999));
    assert!(cache.get("a").await.unwrap().is_some());
    clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(cache.get("a").await.unwrap(), None);
    assert!(cache.put_if_newer("a", 1, text("again"), HOUR).await.unwrap(), "what has ended has no version");
    assert_eq!(cache.get("a").await.unwrap().unwrap().value, text("again"));
}
