//! Real servers for tests, private to the test that starts them: on free ports of loopback, their data in a temporary folder.
//!
//! A server is up when its `start` returns, and gone when it is dropped. It is gone as well when the test's process dies,
//! however that happens. The programs come from the Debian packages `postgresql`, `pgbouncer`, `rabbitmq-server` and
//! `redis-server`, which `scripts/test` installs, and the OpenID provider from npm, into `integration-tests/clients`; the
//! services that these packages bring along are not used. A server that does not come up ends
//! the test and shows the end of its log.
//!
//! | | starts in | after `kill9` and `restart` |
//! |---|---|---|
//! | [`Postgres`], and replicas of it | 1 s | has all that it committed |
//! | [`PgBouncer`] before one | 0.1 s | has nothing to keep |
//! | [`RabbitMq`] | 6 s | has all that it confirmed in durable queues |
//! | [`Redis`], and clusters of three | 0.1 s | has nothing: a cache must be able to lose everything |
//! | [`OidcProvider`] | 1 s | has nothing, and other keys |
//!
//! [`Proxy`] stands between a client and a server, and cuts or slows their connections.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod folder;
mod oidc;
mod pgbouncer;
mod port;
mod postgres;
mod process;
mod program;
mod prometheus;
mod proxy;
mod rabbitmq;
mod redis;
mod server;

pub use oidc::OidcProvider;
pub use pgbouncer::{PgBouncer, PoolMode};
pub use postgres::Postgres;
pub use prometheus::Prometheus;
pub use proxy::Proxy;
pub use rabbitmq::RabbitMq;
pub use redis::{Redis, RedisCluster};
pub use server::Server;
