//! Redis, one alone or three as a cluster.

use std::ops::Deref;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::folder::Folder;
use crate::port::Port;
use crate::program::Line;
use crate::server::{Probe, Server, Signals};

/// How many keys' slots a cluster has.
const SLOTS: u16 = 16_384;

/// How long three servers may take to find one another.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Redis server that keeps nothing on disk.
pub struct Redis {
    // dropped in this order: the process before its files
    server: Server,
    _folder: Folder,
    _ports: [Port; 2],
}

impl Redis {
    /// Starts a server and waits until it is up.
    pub async fn start() -> Self {
        Self::run(&[]).await
    }

    /// Starts three masters that share the keys, and waits until they do.
    pub async fn cluster() -> RedisCluster {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            nodes.push(Self::run(&["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]).await);
        }
        for (number, node) in (0_u16..).zip(&nodes) {
            let (first, next) =
                (SLOTS / 3 * number, if number == 2 { SLOTS } else { SLOTS / 3 * (number + 1) });
            node.expect_ok(&format!("CLUSTER ADDSLOTSRANGE {first} {}", next - 1)).await;
            node.expect_ok(&format!("CLUSTER SET-CONFIG-EPOCH {}", number + 1)).await;
        }
        for node in &nodes[1..] {
            let (port, bus) = (node.port(), node._ports[1].number);
            nodes[0].expect_ok(&format!("CLUSTER MEET 127.0.0.1 {port} {bus}")).await;
        }
        let cluster = RedisCluster { nodes };
        cluster.until_whole().await;
        cluster
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Says something to the server, such as `DBSIZE`, and returns the answer in words of the protocol, such as `:0`.
    pub async fn say(&self, words: &str) -> String {
        let asking = async {
            let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", self.port())).await?);
            stream.write_all(format!("{words}\r\n").as_bytes()).await?;
            let mut answer = String::new();
            stream.read_line(&mut answer).await?;
            if let Some(length) = answer.strip_prefix('$').and_then(|length| length.trim().parse().ok()) {
                let mut bulk = vec![0; length];
                stream.read_exact(&mut bulk).await?;
                answer = String::from_utf8_lossy(&bulk).into_owned();
            }
            std::io::Result::Ok(answer.trim_end().to_owned())
        };
        timeout(PATIENCE, asking).await.expect("an answer in time").expect("an answer")
    }

    async fn expect_ok(&self, words: &str) {
        assert_eq!(self.say(words).await, "+OK", "{words}");
    }

    async fn run(options: &[&str]) -> Self {
        let folder = Folder::new("redis", None);
        let ports = [Port::reserve(), Port::reserve()];
        let [port, bus] = ports.each_ref().map(|port| port.number.to_string());
        let line = Line::new("redis-server", "redis-server", &[], folder.path())
            .args(&["--bind", "127.0.0.1", "--port", &port, "--cluster-port", &bus])
            .args(&["--save", "", "--appendonly", "no"])
            .args(options);
        let probe = Probe { port: ports[0].number, hello: b"PING\r\n".to_vec(), answer: b"+PONG" };
        let server =
            Server::start(line, probe, Signals { stop: "TERM", last: "KILL" }, folder.join("log")).await;
        Self { server, _folder: folder, _ports: ports }
    }
}

impl Deref for Redis {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// Three Redis masters that share the keys.
pub struct RedisCluster {
    /// Each of them.
    pub nodes: Vec<Redis>,
}

impl RedisCluster {
    /// The URLs of all, parted by commas.
    pub fn url(&self) -> String {
        self.nodes.iter().map(Redis::url).collect::<Vec<_>>().join(",")
    }

    /// Waits until every node knows of all and takes commands, as after the restart of one.
    pub async fn until_whole(&self) {
        let waiting = async {
            for node in &self.nodes {
                while !is_whole(&node.say("CLUSTER INFO").await) {
                    sleep(Duration::from_millis(20)).await;
                }
            }
        };
        assert!(timeout(PATIENCE, waiting).await.is_ok(), "the cluster did not become whole");
    }
}

fn is_whole(info: &str) -> bool {
    let says = |line: &str| info.lines().any(|said| said.trim_end() == line);
    says("cluster_state:ok") && says("cluster_known_nodes:3") && says("cluster_slots_ok:16384")
}
