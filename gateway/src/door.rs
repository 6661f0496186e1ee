//! The door: what happens to every request whatever it speaks, and which side of the house then answers it.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use chassis::layers::caller::REQUEST_ID;
use chassis::{Error, verbose};
use futures_util::FutureExt;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, Version};
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_http::cors::CorsLayer;

use crate::grpc::{self, Grpc};
use crate::operators::Operators;
use crate::rest::Rest;
use crate::rest::problem::Refusal;
use crate::telemetry::Telemetry;
use crate::visit::Visit;

type Inside = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// What keeps a browser from making more of an answer than it is: no page, no script, no frame, and in future only by TLS. A
/// browser takes the last to heart only where the answer came by TLS.
const FOR_BROWSERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
];

/// The door as a service.
#[derive(Clone)]
pub struct Door {
    inside: Inside,
    telemetry: Arc<Telemetry>,
    proxies: usize,
    operators: Arc<Operators>,
}

impl Door {
    /// Puts the concerns of every request around the two sides.
    pub fn new(
        rest: Rest,
        grpc: Grpc,
        cors: Option<CorsLayer>,
        proxies: usize,
        operators: Operators,
    ) -> Self {
        let sides = Sides {
            rest: Arc::new(rest),
            web: BoxCloneSyncService::new(GrpcWebLayer::new().layer(grpc.clone())),
            grpc,
        };
        let inside = ServiceBuilder::new().option_layer(cors).service(sides);
        Self {
            inside: BoxCloneSyncService::new(inside),
            telemetry: Arc::new(Telemetry::new()),
            proxies,
            operators: Arc::new(operators),
        }
    }

    async fn answer(self, mut request: Request<Body>) -> Response<Body> {
        // before the visit drops what only the house may say, the token among it
        let verbose = self.operators.want(request.headers());
        let visit = Visit::begin(&mut request, self.proxies);
        if verbose {
            request.headers_mut().insert(verbose::MARK, HeaderValue::from_static("1"));
        }
        let is_grpc = Protocol::of(&request) != Protocol::Rest;
        let inside = async |request| {
            let answer = AssertUnwindSafe(self.inside.oneshot(request)).catch_unwind().await;
            match answer {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_panic) => {
                    let error = Error::internal("the gateway panicked");
                    if is_grpc {
                        grpc::refuse(error)
                    } else {
                        Refusal::Error(error).response(visit.request_id)
                    }
                }
            }
        };
        let mut response = self.telemetry.watch(visit, request, inside).await;
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, visit.id_header());
        for (name, value) in FOR_BROWSERS {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        response
    }
}

impl<B> Service<Request<B>> for Door
where
    B: http_body::Body<Data = Bytes, Error: Into<tonic::codegen::StdError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let door = self.clone();
        Box::pin(async move { Ok(door.answer(request.map(Body::new)).await) })
    }
}

/// What a request speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Rest,
    Grpc,
    GrpcWeb,
}

impl Protocol {
    fn of<B>(request: &Request<B>) -> Self {
        let media = request.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        if media.starts_with(b"application/grpc-web") {
            Protocol::GrpcWeb
        } else if media.starts_with(b"application/grpc") && request.version() == Version::HTTP_2 {
            Protocol::Grpc
        } else {
            Protocol::Rest
        }
    }
}

/// The two sides of the house, one of which speaks two dialects.
#[derive(Clone)]
struct Sides {
    rest: Arc<Rest>,
    grpc: Grpc,
    web: Inside,
}

impl Service<Request<Body>> for Sides {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match Protocol::of(&request) {
            Protocol::Grpc => Box::pin(self.grpc.clone().oneshot(request)),
            Protocol::GrpcWeb => Box::pin(self.web.clone().oneshot(request)),
            Protocol::Rest => {
                let rest = self.rest.clone();
                Box::pin(async move {
                    match request.extensions().get::<Visit>().copied() {
                        Some(visit) => Ok(rest.answer(visit, request).await),
                        None => Ok(grpc::refuse(Error::internal("a request without a visit"))),
                    }
                })
            }
        }
    }
}
