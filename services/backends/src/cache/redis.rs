//! A cache in Redis 7 or newer, shared by all processes of the house: one server, or a cluster.
//!
//! - **Losing it costs latency, and little of that.** A call waits 50 ms at most and then is unavailable; after a failure the
//!   line is out of service for all, at no wait, until the server was heard again (`line`). So it may be away at the start,
//!   come later, restart or be replaced. Of a cluster, one master out of reach puts the whole line out of service until
//!   the cluster has another in its place.
//! - **Compare and set, and the leaky bucket, are Lua scripts**, each on one key, so that any server of a cluster runs them alone
//!   and by itself. Who gave up waiting for a `take` may have been counted nonetheless; that errs on the strict side.
//! - **The time is our clock's**, as for the cache inside the process, not the server's. Clocks that differ by some milliseconds
//!   shift a bucket or an end by as much.
//! - **What is sent while a listener's connection is broken is missed**, and the listener is not told. Whatever falls by a message
//!   must fall by its age as well. Listening itself never fails: it begins when the server is there.
//! - **Values lie there as they are given.** Health data must be encrypted by who puts it here.
//!
//! All keys and channels begin with `praan:`; the rights an ACL user needs are `~praan:* &praan:* +@all -@dangerous`. Production uses
//! `rediss://`; a private authority is trusted by `SSL_CERT_FILE`.

mod address;
mod checkup;
mod entry;
mod fault;
mod line;
mod link;
mod listener;
mod script;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chassis::clock::Clock;
use chassis::{Error, Foundation};
use redis::cmd;
use tokio::sync::broadcast;

use super::{Cache, Entry, Rate, Taken};
use address::Address;
pub use checkup::serves;
use line::Line;
use listener::{Listener, channel_name};
use script::Script;

/// How long a call waits for its answer.
const PATIENCE: Duration = Duration::from_millis(50);

/// What our keys begin with.
const PREFIX: &str = "praan:";

/// The cache in Redis.
pub struct RedisCache {
    clock: Clock,
    line: Arc<Line>,
    listener: Listener,
    put_if_newer: Script,
    take: Script,
}

impl RedisCache {
    /// Connects to the server under a URL, or to the cluster of which several comma-separated URLs name servers (the only one
    /// that is known may be named twice). It fails only on URLs that cannot be read: a server that is away may come later.
    pub async fn connect(foundation: &Foundation, urls: &str) -> Result<Arc<Self>, Error> {
        Self::connect_with(foundation, urls, PATIENCE).await
    }

    /// The same with another bound on calls than 50 ms.
    pub async fn connect_with(
        foundation: &Foundation,
        urls: &str,
        patience: Duration,
    ) -> Result<Arc<Self>, Error> {
        let address = Arc::new(Address::read(urls)?);
        Ok(Arc::new(Self {
            clock: foundation.clock.clone(),
            line: Line::new(&address, patience, &foundation.tasks).await,
            listener: Listener::new(&address, patience, &foundation.tasks),
            put_if_newer: Script::new(include_str!("redis/put_if_newer.lua")),
            take: Script::new(include_str!("redis/take.lua")),
        }))
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        let get = cmd("GET").arg(entry_key(key)).take();
        let kept: Option<Vec<u8>> = self.line.call(async |link| get.query_async(link).await).await?;
        Ok(kept.and_then(|kept| entry::decode(kept, self.clock.now())))
    }

    async fn put_if_newer(
        &self,
        key: &str,
        version: i64,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let entry = entry::encode(version, &value, entry::ends_at(now, ttl));
        let key = entry_key(key);
        let put = async |link: &mut _| {
            let arguments = |command: &mut redis::Cmd| {
                command.arg(&entry).arg(now.timestamp_micros()).arg(entry::keep(ttl));
            };
            self.put_if_newer.run(link, &key, arguments).await
        };
        self.line.call(put).await
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        let delete = cmd("DEL").arg(entry_key(key)).take();
        self.line.call(async |link| delete.exec_async(link).await).await
    }

    async fn take_some(&self, bucket: &str, rate: Rate, wanted: u32) -> Result<Taken, Error> {
        let now = self.clock.now();
        let key = format!("{PREFIX}bucket:{bucket}");
        let take = async |link: &mut _| {
            let arguments = |command: &mut redis::Cmd| {
                command
                    .arg(now.timestamp())
                    .arg(now.timestamp_subsec_nanos())
                    .arg(rate.cost())
                    .arg(rate.room())
                    .arg(wanted);
            };
            self.take.run(link, &key, arguments).await
        };
        let (count, fill) = self.line.call(take).await?;
        Ok(Taken { count, fill })
    }

    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), Error> {
        let publish = cmd("PUBLISH").arg(channel_name(channel)).arg(&*message).take();
        self.line.call(async |link| publish.exec_async(link).await).await
    }

    async fn subscribe(&self, channel: &str) -> Result<broadcast::Receiver<Bytes>, Error> {
        Ok(self.listener.subscribe(channel).await)
    }
}

fn entry_key(key: &str) -> String {
    format!("{PREFIX}entry:{key}")
}
