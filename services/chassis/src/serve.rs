//! A listener for a process: explicit limits, and an end that lets requests in flight finish.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use crate::Error;
use crate::shutdown::Tasks;
use crate::tls::{PublicTls, Stream, Tls};

/// How long requests in flight may take to finish once the process stops.
const DRAIN: Duration = Duration::from_secs(15);
/// How long a client may take to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The size of all headers of a request.
const MOST_HEADERS: u32 = 16 * 1024;
/// The requests at once on one connection.
const MOST_STREAMS: u32 = 100;

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
}

impl Door {
    /// A door for those alone who prove that they belong to the house.
    pub fn mutual_tls(listener: TcpListener, tls: &Tls) -> Self {
        Self { listener, tls: Some(TlsAcceptor::from(tls.server())) }
    }

    /// A door for everybody, which proves whose it is.
    pub fn public(listener: TcpListener, tls: &PublicTls) -> Self {
        Self { listener, tls: Some(TlsAcceptor::from(tls.server())) }
    }
}

/// A door for everybody who can reach it.
impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

/// Serves HTTP/1.1 and HTTP/2 (with prior knowledge) until the process stops.
pub async fn run<S, B>(door: impl Into<Door>, service: S, tasks: Tasks)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let Door { listener, tls } = door.into();
    let graceful = GracefulShutdown::new();
    while let Some((stream, peer)) = next(&listener, &tasks).await {
        // without it small answers wait for the peer's acknowledgement
        let _ = stream.set_nodelay(true);
        let service = tower::ServiceBuilder::new()
            .map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                request
            })
            .service(service.clone());
        let (tls, watcher, stopping) = (tls.clone(), graceful.watcher(), tasks.token());
        tasks.spawn("connection", async move {
            let Some(greeted) = stopping.run_until_cancelled(greet(stream, tls)).await else { return };
            let served = match greeted {
                Ok(stream) => {
                    let service = TowerToHyperService::new(service);
                    let rules = connection_rules();
                    watcher.watch(rules.serve_connection(TokioIo::new(stream), service).into_owned()).await
                }
                Err(error) => Err(error.into()),
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections were still busy when the time to drain was over");
    }
}

/// The next connection; none once the process stops.
async fn next(listener: &TcpListener, tasks: &Tasks) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = tasks.stopping() => return None,
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
async fn greet(stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<Box<dyn Stream>> {
    match tls {
        None => Ok(Box::new(stream)),
        Some(tls) => {
            let greeted = tokio::time::timeout(HEADER_TIMEOUT, tls.accept(stream)).await?;
            greeted.map(|stream| Box::new(stream) as Box<dyn Stream>)
        }
    }
}

fn connection_rules() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MOST_HEADERS as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MOST_HEADERS)
        .max_concurrent_streams(MOST_STREAMS)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}
