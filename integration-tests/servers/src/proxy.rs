//! A wire that can be cut or made slow.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// The state of the wire.
#[derive(Clone, Copy, Default)]
struct Wire {
    /// The port of 127.0.0.1 that new connections go to.
    target: u16,
    is_cut: bool,
    /// How often it was; a connection ends when this moves on.
    cuts: u64,
    delay: Duration,
}

/// Carries TCP connections to a server, until it is dropped or told not to.
pub struct Proxy {
    port: u16,
    wire: watch::Sender<Wire>,
    task: AbortHandle,
}

impl Proxy {
    /// Starts to carry connections to a port of 127.0.0.1.
    #[allow(clippy::disallowed_methods, reason = "it ends with this value")]
    pub async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let wire = watch::Sender::new(Wire { target, ..Wire::default() });
        let task = tokio::spawn(serve(listener, wire.subscribe())).abort_handle();
        Self { port, wire, task }
    }

    /// The port to connect to instead of the server's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A server's URL with this port instead of the one there.
    pub fn url(&self, url: &str) -> String {
        let (before, after) = url.split_once("127.0.0.1:").expect("a URL with 127.0.0.1 and a port");
        let path = after.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{before}127.0.0.1:{}{path}", self.port)
    }

    /// Carries new connections to another port, as when what was there has come back elsewhere.
    pub fn aim(&self, target: u16) {
        self.wire.send_modify(|wire| wire.target = target);
    }

    /// Breaks all connections; new ones break at once, until [`Proxy::heal`].
    pub fn cut(&self) {
        self.wire.send_modify(|wire| {
            wire.is_cut = true;
            wire.cuts += 1;
        });
    }

    /// Carries everything without delay again. Connections that were cut stay so.
    pub fn heal(&self) {
        self.wire.send_modify(|wire| {
            wire.is_cut = false;
            wire.delay = Duration::ZERO;
        });
    }

    /// Carries every byte this much later, in both directions. A long one is a network that has gone silent.
    pub fn delay(&self, delay: Duration) {
        self.wire.send_modify(|wire| wire.delay = delay);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes connections. Its own end ends them.
async fn serve(listener: TcpListener, wire: watch::Receiver<Wire>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                let now = *wire.borrow();
                if !now.is_cut {
                    connections.spawn(carry(client, wire.clone(), now));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(client: TcpStream, wire: watch::Receiver<Wire>, begun: Wire) {
    let mut watching = wire.clone();
    let carrying = async {
        let server = TcpStream::connect(("127.0.0.1", begun.target)).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::try_join!(pass(from_client, to_server, wire.clone()), pass(from_server, to_client, wire))
    };
    tokio::select! {
        _ = carrying => {}
        _ = watching.wait_for(|wire| wire.cuts != begun.cuts) => {}
    }
}

/// Carries one direction. What comes in waits in line for its time, so that a delay costs no throughput.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    wire: watch::Receiver<Wire>,
) -> std::io::Result<()> {
    let (line, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(256);
    let reading = async move {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from.read(&mut buffer).await?;
            if length == 0 || line.send((Instant::now(), buffer[..length].to_vec())).await.is_err() {
                return std::io::Result::Ok(());
            }
        }
    };
    let writing = async move {
        while let Some((came, bytes)) = due.recv().await {
            wait(came, wire.clone()).await;
            to.write_all(&bytes).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(reading, writing).map(|_| ())
}

/// Waits as long as the wire says, also when it says something else meanwhile.
async fn wait(came: Instant, mut wire: watch::Receiver<Wire>) {
    loop {
        let delay = wire.borrow_and_update().delay;
        if came.elapsed() >= delay {
            return;
        }
        tokio::select! {
            () = sleep_until(came + delay) => {}
            Ok(()) = wire.changed() => {}
        }
    }
}
