use backends::Cache;
use bytes::Bytes;
use chassis::clock::Clock;
use futures_util::future::join_all;
use servers::Redis;

use super::{RATE, patient, put};

/// Two processes on one server are one cache.
#[tokio::test(flavor = "multi_thread")]
async fn processes_share_buckets_entries_and_channels() {
    let server = Redis::start().await;
    let clock = Clock::fixed("2026-03-01T12:00:00Z".parse().unwrap());
    let (one, two) = (patient(&clock, &server.url()).await, patient(&clock, &server.url()).await);

    let takers = (0..40).map(|n| if n % 2 == 0 { &one } else { &two }).map(|cache| cache.take("a", RATE));
    let allowed =
        join_all(takers).await.into_iter().filter(|verdict| verdict.as_ref().unwrap().allowed).count();
    assert_eq!(allowed, 5);

    assert!(put(&*one, 2).await.unwrap());
    assert!(!put(&*two, 1).await.unwrap());
    assert_eq!(two.get("entry").await.unwrap().unwrap().version, 2);

    let mut heard = one.subscribe("channel").await.unwrap();
    two.publish("channel", Bytes::from_static(b"news")).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "news");
}

/// A bucket is one small string with an end, whatever is thrown at it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_for_ever() {
    let server = Redis::start().await;
    let cache = patient(&Clock::system(), &server.url()).await;
    put(&*cache, 1).await.unwrap();
    cache.take("somebody", RATE).await.unwrap();
    assert_eq!(server.say("PTTL praan:nothing").await, ":-2");
    for (key, most) in [("entry:entry", 3_600_000), ("bucket:somebody", 120_000)] {
        let left: i64 = server.say(&format!("PTTL praan:{key}")).await[1..].parse().unwrap();
        assert!((1..=most).contains(&left), "{key}: {left} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_nobody_listens_on_is_left() {
    let server = Redis::start().await;
    let cache = patient(&Clock::system(), &server.url()).await;
    let count = async |channel: &str| server.say(&format!("PUBLISH praan:channel:{channel} x")).await;
    let kept = cache.subscribe("kept").await.unwrap();
    drop(cache.subscribe("left").await.unwrap());
    assert_eq!((count("kept").await.as_str(), count("left").await.as_str()), (":1", ":1"));
    crate::wait::until("the channel to be left", async || count("left").await == ":0").await;
    assert_eq!(count("kept").await, ":1");
    drop(kept);
}
