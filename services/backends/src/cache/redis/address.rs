//! Where the servers are, out of a URL that holds a password: nothing here may print it.

use std::time::Duration;

use chassis::Error;
use redis::aio::PubSub;
use redis::cluster::ClusterClient;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use tokio::time::timeout;

use super::fault::Fault;
use super::link::Link;

/// How long one server may take to be connected to, and then to answer what the connection itself asks.
const CONNECTING: Duration = Duration::from_secs(1);
/// How long connecting may take in all; a cluster is asked for its shape on top.
const OPENING: Duration = Duration::from_secs(3);

/// One server, or some servers of a cluster.
pub struct Address {
    servers: Vec<Client>,
    cluster: Option<ClusterClient>,
}

impl Address {
    /// Reads one URL, or those of a cluster with commas in between.
    pub fn read(urls: &str) -> Result<Self, Error> {
        let infos = urls.split(',').map(str::trim).map(read_one).collect::<Result<Vec<_>, _>>()?;
        let servers = infos.iter().cloned().map(Client::open).collect::<Result<Vec<_>, _>>();
        let cluster = (infos.len() > 1).then(|| {
            ClusterClient::builder(infos)
                .connection_timeout(CONNECTING)
                .response_timeout(CONNECTING)
                // within the time a caller waits, a second try must still fit
                .retries(2)
                .min_retry_wait(5)
                .max_retry_wait(20)
                .build()
        });
        // its words name what must be alike, not what it is
        let cluster = cluster.transpose().map_err(|_| {
            unreadable("the URLs of a cluster must be of TCP and have the same user, password and scheme")
        })?;
        Ok(Self { servers: servers.map_err(|_| unreadable("the URL is of no kind we know"))?, cluster })
    }

    /// Opens a connection that is known to work.
    pub async fn open(&self) -> Result<Link, Fault> {
        timeout(OPENING, self.connect()).await.unwrap_or_else(|_| Err(Fault::silent()))
    }

    async fn connect(&self) -> Result<Link, Fault> {
        let link = match (&self.cluster, self.servers.first()) {
            (Some(cluster), _) => Link::Cluster(cluster.get_async_connection().await?),
            (None, Some(server)) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECTING))
                    .set_response_timeout(Some(CONNECTING));
                Link::One(server.get_multiplexed_async_connection_with_config(&config).await?)
            }
            (None, None) => return Err(Fault::closed()),
        };
        link.check().await?;
        Ok(link)
    }

    /// Each server that is named, by host and port.
    pub fn servers(&self) -> impl Iterator<Item = (String, &Client)> {
        self.servers.iter().map(|server| (server.get_connection_info().addr().to_string(), server))
    }

    /// Opens a connection to listen on, to one server after the other at each further attempt: any server of a cluster passes
    /// on what any other is told.
    pub async fn listen(&self, attempt: usize) -> Result<PubSub, Fault> {
        let server = self.servers.get(attempt % self.servers.len().max(1)).ok_or_else(Fault::closed)?;
        let listening = timeout(CONNECTING, server.get_async_pubsub()).await;
        Ok(listening.map_err(|_| Fault::silent())??)
    }
}

/// Hosts and ports only.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, server) in self.servers.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            write!(f, "{comma}{}", server.get_connection_info().addr())?;
        }
        Ok(())
    }
}

fn read_one(url: &str) -> Result<ConnectionInfo, Error> {
    let info = url.into_connection_info().map_err(|_| {
        unreadable("each URL must look like redis://user:password@host:6379/0, or rediss:// for TLS")
    })?;
    // what is pushed unasked in the newer protocol comes over a connection of its own here
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP2);
    Ok(info.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

fn unreadable(why: &str) -> Error {
    Error::invalid("redis_url", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_urls_are_a_cluster() {
        let one = Address::read("redis://:secret@10.0.0.1/3").unwrap();
        assert!(one.cluster.is_none());
        assert_eq!(one.to_string(), "10.0.0.1:6379");
        let cluster = Address::read("rediss://u:secret@a:1, rediss://u:secret@b:2").unwrap();
        assert!(cluster.cluster.is_some());
        assert_eq!(cluster.to_string(), "a:1,b:2");
    }

    #[test]
    fn a_bad_url_is_refused_without_repeating_it() {
        let bad = [
            "",
            "secret",
            "http://u:secret@a",
            "redis://u:secret@a:port",
            "redis://u:secret@a/nodb",
            "redis://u:secret@a,",
            "redis://u:secret@a,redis://u:other-secret@b",
            "redis://u:secret@a,rediss://u:secret@b",
        ];
        for url in bad {
            let error = Address::read(url).err().unwrap_or_else(|| panic!("{url} was read"));
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}
