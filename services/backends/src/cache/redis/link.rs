use futures_util::{StreamExt, TryStreamExt, stream};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value, cmd};

use super::PREFIX;

/// A connection that many share, to one server or to a cluster.
#[derive(Clone)]
pub enum Link {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Link {
    /// Asks whether it serves, by writes that change nothing, which a replica or a cluster that is not whole would refuse. Of a
    /// cluster, so many keys are asked for that some are of each master; one by one, since of many at once it answers for those
    /// that it can reach.
    pub async fn check(&self) -> RedisResult<()> {
        let keys = if matches!(self, Self::One(_)) { 1 } else { 64 };
        let checks = (0..keys).map(|n| {
            let (mut link, check) = (self.clone(), cmd("DEL").arg(format!("{PREFIX}check:{n}")).take());
            async move { check.exec_async(&mut link).await }
        });
        stream::iter(checks).buffer_unordered(8).try_collect().await
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(server) => server.req_packed_command(cmd),
            Self::Cluster(cluster) => cluster.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(server) => server.req_packed_commands(cmd, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(cmd, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(server) => server.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}
