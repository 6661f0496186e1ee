//! gRPC at the door, native and (through tonic-web) from browsers: the public methods only, their messages unparsed.

mod reflection;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use chassis::Error;
use chassis::layers::deadline;
use chassis::shutdown::Tasks;
use futures_util::stream;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tower::{Service, ServiceExt};

use crate::body;
use crate::contract::{Contract, Method};
use crate::entrance::Entrance;
use crate::health::{GrpcHealth, Health};
use crate::upstream::Upstream;
use crate::visit::Visit;

/// What concerns a connection and not the request on it.
const HOP_BY_HOP: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// The gRPC side of the door.
#[derive(Clone)]
pub struct Grpc(Arc<Parts>);

struct Parts {
    contract: Arc<Contract>,
    upstream: Arc<Upstream>,
    entrance: Arc<Entrance>,
    own: Routes,
    tasks: Tasks,
}

impl Grpc {
    /// Passes calls on to `upstream`, and answers itself for health and reflection.
    pub fn new(
        contract: Arc<Contract>,
        upstream: Arc<Upstream>,
        entrance: Arc<Entrance>,
        health: Arc<Health>,
        tasks: Tasks,
    ) -> Result<Self, Error> {
        let health = GrpcHealth::new(health, contract.services());
        let own = reflection::add(Routes::new(HealthServer::new(health)), &contract)?.prepare();
        Ok(Self(Arc::new(Parts { contract, upstream, entrance, own, tasks })))
    }
}

impl Service<Request<Body>> for Grpc {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let door = self.0.clone();
        Box::pin(async move { Ok(door.answer(request).await) })
    }
}

impl Parts {
    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path();
        if path.starts_with("/grpc.health.v1.") || path.starts_with("/grpc.reflection.") {
            return match self.own.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
        }
        let Some(visit) = request.extensions().get::<Visit>().copied() else {
            return refuse(Error::internal("a request without a visit"));
        };
        let Some(method) = self.contract.method(path).cloned() else {
            return refuse(Error::unimplemented("there is no such method"));
        };
        if let Err(error) = visit.check() {
            return refuse(error);
        }
        let (begun, (mut parts, body)) = (Instant::now(), request.into_parts());
        let left = deadline::timeout(&parts.headers).or(method.patience);
        let entered = self.entrance.enter(&method, visit, &parts.headers, body, left).await;
        if let Some(left) = left {
            deadline::write(&mut parts.headers, left.saturating_sub(begun.elapsed()));
        }
        let answer = match entered.body {
            Ok(body) => self.forward(&method, parts, body.bytes.clone()).await,
            Err(error) => Err(error.into()),
        };
        let mut response = answer.unwrap_or_else(Status::into_http);
        entered.admission.stamp(response.headers_mut());
        response.extensions_mut().insert(method);
        response
    }

    /// Public methods take one message, which has been read by now: slow and endless clients are kept away from the services.
    async fn forward(
        &self,
        method: &Method,
        mut parts: http::request::Parts,
        body: Bytes,
    ) -> Result<Response<Body>, Status> {
        for name in HOP_BY_HOP {
            parts.headers.remove(name);
        }
        parts.uri = http::Uri::from(method.path.clone());
        parts.extensions = http::Extensions::new();
        parts.version = http::Version::HTTP_2;
        let mut link = self.upstream.link(method)?;
        let response = link.call(Request::from_parts(parts, body::full(body))).await?;
        Ok(if method.streaming { self.ending(response) } else { response })
    }

    /// A stream that ends in order when the process stops, so that no connection has to be torn.
    fn ending(&self, response: Response<Body>) -> Response<Body> {
        let tasks = self.tasks.clone();
        response.map(|body| {
            let frames = stream::unfold(Some((body, tasks)), |state| async move {
                let (mut body, tasks) = state?;
                let frame = tokio::select! {
                    frame = body.frame() => frame?,
                    () = tasks.stopping() => return Some((Ok(Frame::trailers(stopping())), None)),
                };
                Some((frame, Some((body, tasks))))
            });
            Body::new(StreamBody::new(frames))
        })
    }
}

/// A refusal as gRPC has it: in the headers, and no body.
pub fn refuse(error: Error) -> Response<Body> {
    Status::from(error).into_http()
}

fn stopping() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(tonic::Code::Unavailable as i32));
    trailers.insert("grpc-message", HeaderValue::from_static("the process is stopping"));
    trailers
}
