//! A listener for a process: explicit limits, and an end that lets requests in flight finish.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use crate::Error;
use crate::shutdown::Tasks;
use crate::tls::{PublicTls, Stream, Tls};

/// How long a door stays open once the process stops. A client of HTTP/1.1 may send its next request just as an idle connection is
/// closed, and would lose it; so it is told with each answer that this was the last one.
const NOTICE: Duration = Duration::from_secs(1);
/// How often to look whether everybody has gone by then.
const LOOK: Duration = Duration::from_millis(20);
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
    let (graceful, closing) = (GracefulShutdown::new(), CancellationToken::new());
    let mut notice = Box::pin(notice(&tasks, &graceful));
    while let Some((stream, peer)) = next(&listener, notice.as_mut()).await {
        // without it small answers wait for the peer's acknowledgement
        let _ = stream.set_nodelay(true);
        let service = visited(service.clone(), peer, tasks.clone());
        let (tls, watcher, closing) = (tls.clone(), graceful.watcher(), closing.clone());
        tasks.spawn("connection", async move {
            let Some(greeted) = closing.run_until_cancelled(greet(stream, tls)).await else { return };
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
    drop(notice);
    drop(listener);
    closing.cancel();
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections were still busy when the time to drain was over");
    }
}

/// The service as one peer sees it: told who it is, and told by HTTP/1.1 when the process stops.
fn visited<S, B>(
    service: S,
    peer: SocketAddr,
    tasks: Tasks,
) -> impl Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Send,
{
    tower::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        // HTTP/2 has words of its own for it
        let is_old = request.version() < Version::HTTP_2;
        let (answer, tasks) = (service.clone().oneshot(request), tasks.clone());
        async move {
            let mut answer = answer.await?;
            if is_old && tasks.is_stopping() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(answer)
        }
    })
}

/// Ends a moment after the process is told to stop, or as soon as nobody is connected any more.
async fn notice(tasks: &Tasks, graceful: &GracefulShutdown) {
    tasks.stopping().await;
    let begun = Instant::now();
    while graceful.count() > 0 && begun.elapsed() < NOTICE {
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
