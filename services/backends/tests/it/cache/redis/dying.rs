use std::sync::Mutex;
use std::time::{Duration, Instant};

use backends::Cache;
use backends::cache::redis::RedisCache;
use bytes::Bytes;
use chassis::clock::Clock;
use servers::{Proxy, Redis};
use tokio::sync::broadcast::Receiver;

use super::{assert_all_unavailable, foundation, hasty, put, take, until_in_service, until_out_of_service};
use crate::wait::until;

/// How many calls are made of a server that is silent.
const CALLS: u32 = 2_000;
/// What they would take if each waited for its bound.
const EACH_WAITING: Duration = Duration::from_millis(50).saturating_mul(CALLS);

async fn until_heard(cache: &impl Cache, receiver: &mut Receiver<Bytes>) {
    let receiver = Mutex::new(receiver);
    until("the listener to hear", async || {
        let told = cache.publish("channel", Bytes::from_static(b"again")).await;
        told.is_ok() && matches!(receiver.lock().unwrap().try_recv(), Ok(message) if message == "again")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_costs_one_wait_and_not_one_per_call() {
    let server = Redis::start().await;
    let cache = RedisCache::connect(&foundation(&Clock::system()), &server.url()).await.unwrap();
    until_in_service(&*cache).await;
    server.sigstop();
    assert_all_unavailable(&*cache).await;
    let begin = Instant::now();
    for _ in 0..CALLS {
        assert!(take(&*cache).await.is_err());
    }
    assert!(begin.elapsed() < EACH_WAITING / 4, "{:?} for {CALLS} calls", begin.elapsed());
    server.sigcont();
    until_in_service(&*cache).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_heals_when_it_is_back() {
    let server = Redis::start().await;
    let cache = hasty(&server.url()).await;
    until_in_service(&*cache).await;
    let mut receiver = cache.subscribe("channel").await.unwrap();
    until_heard(&*cache, &mut receiver).await;
    while take(&*cache).await.unwrap().allowed {}
    assert!(put(&*cache, 1).await.unwrap());

    server.kill9().await;
    assert_all_unavailable(&*cache).await;
    server.restart().await;
    until_in_service(&*cache).await;
    // it knows neither entries and buckets nor the scripts any more
    assert!(cache.get("entry").await.unwrap().is_none());
    assert!(put(&*cache, 1).await.unwrap());
    assert_eq!(take(&*cache).await.unwrap().remaining, 4);
    until_heard(&*cache, &mut receiver).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_come_later() {
    let server = Redis::start().await;
    server.kill9().await;
    let cache = hasty(&server.url()).await;
    assert_all_unavailable(&*cache).await;
    let mut receiver = cache.subscribe("channel").await.unwrap();
    server.restart().await;
    until_in_service(&*cache).await;
    assert!(put(&*cache, 1).await.unwrap());
    until_heard(&*cache, &mut receiver).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_or_slow_wire_heals() {
    let server = Redis::start().await;
    let wire = Proxy::start(server.port()).await;
    let cache = hasty(&wire.url(&server.url())).await;
    until_in_service(&*cache).await;
    let mut receiver = cache.subscribe("channel").await.unwrap();
    until_heard(&*cache, &mut receiver).await;
    wire.cut();
    until_out_of_service(&*cache).await;
    wire.heal();
    until_in_service(&*cache).await;
    until_heard(&*cache, &mut receiver).await;
    wire.delay(Duration::from_secs(3600));
    until_out_of_service(&*cache).await;
    wire.heal();
    until_in_service(&*cache).await;
    until_heard(&*cache, &mut receiver).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_scripts_are_sent_again() {
    let server = Redis::start().await;
    let cache = hasty(&server.url()).await;
    for version in 1..=3 {
        assert_eq!(server.say("SCRIPT FLUSH").await, "+OK");
        assert!(put(&*cache, version).await.unwrap());
        assert!(take(&*cache).await.unwrap().allowed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_heals_when_its_lost_master_is_back() {
    let cluster = Redis::cluster().await;
    let cache = hasty(&cluster.url()).await;
    until_in_service(&*cache).await;
    let mut receiver = cache.subscribe("channel").await.unwrap();
    until_heard(&*cache, &mut receiver).await;
    let lost = &cluster.nodes[0];
    lost.kill9().await;
    until("the cluster out of service", async || served(&*cache).await == 0).await;
    // that its other masters answer does not bring it back, or every third call would fail late
    stays(&*cache, 0).await;
    lost.restart().await;
    cluster.until_whole().await;
    until("all masters in service", async || served(&*cache).await == KEYS).await;
    until_heard(&*cache, &mut receiver).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_becomes_a_replica_is_left_until_it_takes_writes() {
    let server = Redis::start().await;
    let cache = hasty(&server.url()).await;
    assert_eq!(server.say("REPLICAOF 127.0.0.1 1").await, "+OK");
    assert_eq!(served(&*cache).await, KEYS);
    assert!(put(&*cache, 1).await.is_err());
    stays(&*cache, 0).await;
    assert_eq!(server.say("REPLICAOF NO ONE").await, "+OK");
    until_in_service(&*cache).await;
    assert!(put(&*cache, 1).await.unwrap());
}

/// So many keys that some are of each master of a cluster.
const KEYS: usize = 30;

/// How many of them can be read.
async fn served(cache: &impl Cache) -> usize {
    let mut served = 0;
    for key in 0..KEYS {
        served += usize::from(cache.get(&key.to_string()).await.is_ok());
    }
    served
}

/// Asserts it for longer than the line rests before it is tried.
async fn stays(cache: &impl Cache, expected: usize) {
    for _ in 0..300 {
        assert_eq!(served(cache).await, expected);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
