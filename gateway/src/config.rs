use std::net::SocketAddr;
use std::time::Duration;

use chassis::serve::Crowd;
use chassis::tls::PublicTls;
use chassis::verbose::Key;
use tokio::sync::watch;

use crate::quotas::Quotas;

use crate::body::Patience;
use crate::turnstile::Capacity;

/// How many connections the door holds at once, unless it is told otherwise.
pub const CONNECTIONS: usize = 10_000;
/// How many of these one client may have.
pub const CONNECTIONS_PER_CLIENT: usize = 100;
/// How long a connection lasts.
pub const CONNECTION_AGE: Duration = Duration::from_secs(30 * 60);

/// The settings of the gateway.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where REST, gRPC and gRPC-web are served, all on one port; port 0 picks a free one.
    pub listen: SocketAddr,
    /// What the door proves itself with; without, it speaks in the clear, behind a proxy of ours or on loopback.
    pub tls: Option<PublicTls>,
    /// Whether requests are limited.
    pub rate_limits: bool,
    /// How many are let through, as of now.
    pub quotas: watch::Receiver<Quotas>,
    /// What the tokens of operators are checked with, who may have a request logged in full; without, nobody may.
    pub debug_key: Option<Key>,
    /// Web origins that may call from a browser; none closes the door to all of them.
    pub cors_origins: Vec<String>,
    /// How many proxies of ours stand in front and add the address they saw to `X-Forwarded-For`. With 0 that header is not
    /// believed, and the client is whoever opened the connection.
    pub proxies: usize,
    /// How many may be connected. With proxies in front, all come from theirs, and one address may have as many as there are.
    pub crowd: Crowd,
    /// How long a connection lasts, about.
    pub connection_age: Duration,
    /// How long a client may take over the body of a request.
    pub patience: Patience,
    /// How many requests are worked on at once, and how many may wait.
    pub capacity: Capacity,
}

impl Config {
    /// The defaults: limited, closed to browsers, nothing in front.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            tls: None,
            rate_limits: true,
            quotas: Quotas::fixed(),
            debug_key: None,
            cors_origins: Vec::new(),
            proxies: 0,
            crowd: Crowd { most: CONNECTIONS, most_per_client: Some(CONNECTIONS_PER_CLIENT) },
            connection_age: CONNECTION_AGE,
            patience: Patience::default(),
            capacity: Capacity::default(),
        }
    }
}
