//! Redis, one server and a cluster: the suite, and what the network and the server's death do to the adapter.

mod dying;
mod secrets;
mod sharing;

use std::sync::Arc;
use std::time::Duration;

use backends::Cache;
use backends::cache::redis::RedisCache;
use backends::cache::{Rate, Verdict};
use bytes::Bytes;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation, Kind};
use servers::{Redis, RedisCluster};
use tokio::sync::OnceCell;

use super::Adapter;
use crate::wait::until;

/// On a busy machine, 50 ms are little: what is not about them waits longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// One server.
#[derive(Clone, Default)]
pub struct Alone(Arc<OnceCell<Redis>>);

impl Adapter for Alone {
    async fn open(&self, clock: &Clock) -> Arc<dyn Cache> {
        let server = self.0.get_or_init(Redis::start).await;
        patient(clock, &server.url()).await
    }
}

/// Three masters.
#[derive(Clone, Default)]
pub struct Cluster(Arc<OnceCell<RedisCluster>>);

impl Adapter for Cluster {
    async fn open(&self, clock: &Clock) -> Arc<dyn Cache> {
        let cluster = self.0.get_or_init(Redis::cluster).await;
        for node in &cluster.nodes {
            assert_eq!(node.say("FLUSHALL").await, "+OK");
        }
        patient(clock, &cluster.url()).await
    }
}

mod alone {
    crate::cache::cache_suite!(stamp: super::Alone);
}

mod cluster {
    crate::cache::cache_suite!(stamp_together: super::Cluster);
}

fn foundation(clock: &Clock) -> Foundation {
    Foundation { clock: clock.clone(), tasks: Tasks::new() }
}

async fn patient(clock: &Clock, url: &str) -> Arc<RedisCache> {
    connect(clock, url, PATIENCE).await
}

/// For a test that has to wait for it, but not because the machine is busy.
async fn hasty(url: &str) -> Arc<RedisCache> {
    connect(&Clock::system(), url, Duration::from_secs(1)).await
}

async fn connect(clock: &Clock, url: &str, patience: Duration) -> Arc<RedisCache> {
    RedisCache::connect_with(&foundation(clock), url, patience).await.unwrap()
}

const RATE: Rate = Rate { per_minute: 1, burst: 5 };
const HOUR: Duration = Duration::from_secs(3600);

async fn take(cache: &impl Cache) -> Result<Verdict, Error> {
    cache.take("somebody", RATE).await
}

async fn put(cache: &impl Cache, version: i64) -> Result<bool, Error> {
    cache.put_if_newer("entry", version, Bytes::from_static(b"value"), HOUR).await
}

async fn until_in_service(cache: &impl Cache) {
    until("the cache in service", async || cache.get("nothing").await.is_ok()).await;
}

async fn until_out_of_service(cache: &impl Cache) {
    until("the cache out of service", async || cache.get("nothing").await.is_err()).await;
}

/// Every call but listening says that it cannot, and that one may come back.
async fn assert_all_unavailable(cache: &impl Cache) {
    let failed = [
        cache.get("entry").await.err(),
        put(cache, 1).await.err(),
        cache.delete("entry").await.err(),
        take(cache).await.err(),
        cache.publish("channel", Bytes::new()).await.err(),
    ];
    for (call, error) in failed.into_iter().enumerate() {
        assert_eq!(error.map(|error| error.kind()), Some(Kind::Unavailable), "call {call}");
    }
}
