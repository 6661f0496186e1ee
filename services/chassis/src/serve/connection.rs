//! One connection, from the first byte to the last.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::life::{Life, Parting, Verdict, Work};
use super::line::Line;
use super::rules::{Rules, http};
use super::{Peer, StdError};
use crate::shutdown::Tasks;
use crate::tls::Stream;

/// Serves a peer until it leaves, its time is over, or the door closes.
pub(super) async fn serve<S, B>(
    stream: Box<dyn Stream>,
    peer: SocketAddr,
    rules: Rules,
    service: S,
    tasks: Tasks,
    closing: CancellationToken,
) -> Result<(), StdError>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data: Send, Error: Into<StdError>> + Send + Unpin + 'static,
{
    let life = Life::begin(rules);
    let line = TokioIo::new(Line::new(stream, life.clone(), rules.stall));
    let service = TowerToHyperService::new(visited(service, peer, life.clone(), tasks));
    let http = http();
    let mut connection = pin!(http.serve_connection(line, service));
    let parting = loop {
        let until = match life.look() {
            Verdict::Stay(until) => until,
            Verdict::End(parting) => break Some(parting),
        };
        tokio::select! {
            served = connection.as_mut() => return served,
            () = closing.cancelled() => break None,
            parting = life.enough() => break Some(parting),
            () = sleep_until(until) => {}
        }
    };
    match parting {
        Some(Parting::Now) => Ok(()),
        Some(Parting::Announced(grace)) => {
            connection.as_mut().graceful_shutdown();
            timeout(grace, connection).await.unwrap_or(Ok(()))
        }
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

/// The service as one peer sees it: told who it is, and told by HTTP/1.1 which answer is the last.
fn visited<S, B>(
    service: S,
    peer: SocketAddr,
    life: Arc<Life>,
    tasks: Tasks,
) -> impl Service<Request<Incoming>, Response = Response<Answer<B>>, Error = Infallible, Future: Send + 'static>
+ Clone
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    tower::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        // HTTP/2 has words of its own for it
        let is_http1 = request.version() < Version::HTTP_2;
        let (life, tasks, mut work) = (life.clone(), tasks.clone(), life.work());
        let answer = service.clone().oneshot(request);
        async move {
            let mut answer = answer.await?;
            // who did not send its request in time may go on sending it
            let unheard = answer.status() == StatusCode::REQUEST_TIMEOUT;
            if is_http1 && (unheard || life.is_old() || tasks.is_stopping()) {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            work.answered();
            Ok(answer.map(|body| Answer { body, _work: work }))
        }
    })
}

/// The body of an answer; the request is worked on until all of it has been taken.
struct Answer<B> {
    body: B,
    _work: Work,
}

impl<B: HttpBody + Unpin> HttpBody for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
