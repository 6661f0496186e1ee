//! How a process reaches the rooms of other processes.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use rustls::pki_types::ServerName;
use tonic::transport::Endpoint;

use super::connect::Connect;
use super::peers::{Maker, Peers};
use super::remote::Remote;
use crate::Error;
use crate::shutdown::Tasks;
use crate::tls::Tls;

/// What links of a process have in common.
#[derive(Clone)]
pub struct Dialer {
    pub(super) tasks: Tasks,
    pub(super) resolver: Arc<dyn Resolver>,
    pub(super) rules: Rules,
    tls: Option<Tls>,
}

/// How patient links are.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How often the addresses of a name are asked for anew.
    pub resolve_every: Duration,
    /// After how many failures in a row a link refuses calls at once.
    pub break_after: u32,
    /// How long an address that failed is avoided, and a breaker stays open.
    pub rest: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self { resolve_every: Duration::from_secs(5), break_after: 10, rest: Duration::from_secs(1) }
    }
}

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of a name.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// Asks the operating system.
struct System;

#[async_trait]
impl Resolver for System {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

impl Dialer {
    /// Links over plain HTTP/2 that end with the process.
    pub fn new(tasks: &Tasks) -> Self {
        Self { tasks: tasks.clone(), resolver: Arc::new(System), rules: Rules::default(), tls: None }
    }

    /// Links that prove who they are, and want proof.
    pub fn tls(mut self, tls: Option<Tls>) -> Self {
        self.tls = tls;
        self
    }

    /// Finds names in another way.
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Other rules.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Fails, with the remedy, on an address that no link could use.
    pub fn check(&self, address: &Uri) -> Result<(), Error> {
        self.way(address).map(drop)
    }

    pub(super) fn dial(&self, address: &Uri) -> Result<Remote, Error> {
        let way = self.way(address)?;
        let (host, port) = (way.host.clone(), way.port);
        let make: Maker = Box::new(move |address| way.channel(address));
        let peers = match host.parse::<IpAddr>() {
            Ok(ip) => Peers::fixed(make(SocketAddr::new(ip, port)), self.rules.rest),
            Err(_) => Peers::followed(self, &host, port, make),
        };
        Ok(Remote::new(&host, peers, self.rules))
    }

    fn way(&self, address: &Uri) -> Result<Way, Error> {
        let bad = |why: &str| Error::illegal_state(format!("the address {address} of a service {why}"));
        let host = address.host().ok_or_else(|| bad("names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (tls, port) = match (address.scheme_str(), &self.tls) {
            (Some("http"), None) => (None, 80),
            (Some("https"), Some(tls)) => {
                let name =
                    ServerName::try_from(host.clone()).map_err(|_| bad("has no name for a certificate"))?;
                (Some((tls.client(), name)), 443)
            }
            (Some("http"), Some(_)) => {
                return Err(bad("must begin with https://, as TLS is configured here"));
            }
            (Some("https"), None) => return Err(bad("needs --tls-cert, --tls-key and --tls-ca")),
            _ => return Err(bad("must be a URL such as http://family:8080")),
        };
        Ok(Way { host, port: address.port_u16().unwrap_or(port), origin: address.clone(), tls })
    }
}

/// The way to a room, but for the address.
struct Way {
    host: String,
    port: u16,
    origin: Uri,
    tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
}

impl Way {
    fn channel(&self, address: SocketAddr) -> super::peers::Peer {
        // TLS is ours to speak, below tonic, so that its own takes no part
        let endpoint = Endpoint::from(Uri::from_static("http://room"))
            .origin(self.origin.clone())
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true);
        let connect = Connect { address, tls: self.tls.clone() };
        super::peers::Peer::new(address, endpoint.connect_with_connector_lazy(connect))
    }
}
