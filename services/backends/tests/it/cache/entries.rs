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
