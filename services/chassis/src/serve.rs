//! A listener for a process: explicit limits, and an end that lets requests in flight finish.

mod connection;
mod life;
mod line;
mod places;
mod rules;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::Error;
use crate::shutdown::Tasks;
use crate::tls::{PublicTls, Stream, Tls};
use places::Places;
pub use places::network;
pub use rules::{Crowd, Rules};

/// How long a door stays open once the process stops. A client of HTTP/1.1 may send its next request just as an idle connection is
/// closed, and would lose it; so it is told with each answer that this was the last one.
const NOTICE: Duration = Duration::from_secs(1);
/// How often to look whether everybody has gone by then.
const LOOK: Duration = Duration::from_millis(20);
/// How long requests in flight may take to finish once the process stops.
const DRAIN: Duration = Duration::from_secs(15);

type StdError = Box<dyn std::error::Error + Send + Sync>;

/// The client's address, beside each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Opens a listener; the error names the address.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| Error::illegal_state(format!("cannot listen on {address}: {error}")))
}

/// Where a process is entered.
pub struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    rules: Rules,
}

impl Door {
    /// A door for those alone who prove that they belong to the house.
    pub fn mutual_tls(listener: TcpListener, tls: &Tls) -> Self {
        Self { listener, tls: Some(TlsAcceptor::from(tls.server())), rules: Rules::inner() }
    }

    /// A door for everybody, which proves whose it is.
    pub fn public(listener: TcpListener, tls: &PublicTls) -> Self {
        Self { listener, tls: Some(TlsAcceptor::from(tls.server())), rules: Rules::inner() }
    }

    /// The same under other rules than those of the house's own processes.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }
}

/// A door for everybody who can reach it.
impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None, rules: Rules::inner() }
    }
}

/// Serves HTTP/1.1 and HTTP/2 (with prior knowledge) until the process stops.
pub async fn run<S, B>(door: impl Into<Door>, service: S, tasks: Tasks)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data: Send, Error: Into<StdError>> + Send + Unpin + 'static,
{
    let Door { listener, tls, rules } = door.into();
    let places = rules.crowd.map(Places::new);
    let (connections, closing) = (TaskTracker::new(), CancellationToken::new());
    let mut notice = Box::pin(notice(&tasks, &connections));
    while let Some((stream, peer)) = next(&listener, notice.as_mut()).await {
        let place = match places.as_ref().map(|places| places.take(peer.ip())) {
            // closed at once: whatever were said would have to be read first
            Some(None) => continue,
            taken => taken.flatten(),
        };
        // without it small answers wait for the peer's acknowledgement
        let _ = stream.set_nodelay(true);
        let (service, tls, closing, stopping) =
            (service.clone(), tls.clone(), closing.clone(), tasks.clone());
        let served = async move {
            let _place = place;
            let greeted = greet(stream, tls, rules.headers);
            let Some(greeted) = closing.run_until_cancelled(greeted).await else { return };
            let served = match greeted {
                Ok(stream) => connection::serve(stream, peer, rules, service, stopping, closing).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            }
        };
        tasks.spawn("connection", connections.track_future(served));
    }
    drop(notice);
    drop(listener);
    closing.cancel();
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("some connections were still busy when the time to drain was over");
    }
}

/// Ends a moment after the process is told to stop, or as soon as nobody is connected any more.
async fn notice(tasks: &Tasks, connections: &TaskTracker) {
    tasks.stopping().await;
    let begun = Instant::now();
    while !connections.is_empty() && begun.elapsed() < NOTICE {
        tokio::time::sleep(LOOK).await;
    }
}

/// The next connection; none once the notice is over.
async fn next(
    listener: &TcpListener,
    mut notice: Pin<&mut impl Future<Output = ()>>,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = notice.as_mut() => return None,
        };
        match accepted {
            Ok(accepted) => return Some(accepted),
            Err(error) => {
                // out of file descriptors, most likely: give it a moment rather than spin
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Makes sure of who has come, where the door asks.
async fn greet(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    patience: Duration,
) -> io::Result<Box<dyn Stream>> {
    match tls {
        None => Ok(Box::new(stream)),
        Some(tls) => {
            let greeted = tokio::time::timeout(patience, tls.accept(stream)).await?;
            greeted.map(|stream| Box::new(stream) as Box<dyn Stream>)
        }
    }
}
