//! How rooms reach each other.

mod breaker;
mod connect;
mod dialer;
mod fault;
mod payload;
mod peers;
mod remote;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, Uri};
use tonic::Status;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::layers::{caller, deadline, trace};
use crate::{Error, Kind};

pub use dialer::{Dialer, Resolver, Rules};
pub use remote::Remote;

/// A room as its callers see it. Tonic's generated clients work over it: `MemberServiceClient::new(link)`.
#[derive(Clone)]
pub enum Link {
    /// In this process.
    Local(BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>),
    /// Over the wire.
    Remote(Arc<Remote>),
}

impl Link {
    /// A room over the wire, connected at the first call and again whenever a connection is lost. Refuses an address that
    /// does not fit the dialer: with TLS all are `https://`, without it all are `http://`.
    pub fn remote(address: &Uri, dialer: &Dialer) -> Result<Self, Error> {
        Ok(Self::Remote(Arc::new(dialer.dial(address)?)))
    }

    /// A way that leads nowhere, for a room that nothing in this process calls.
    pub fn nowhere() -> Self {
        let refuse = |_| async {
            Ok(Status::from(Error::unimplemented("this service is not reached from here")).into_http())
        };
        Self::Local(BoxCloneSyncService::new(tower::service_fn(refuse)))
    }

    /// Hands over a request that came from outside the process as it is, with its own deadline, trace and request id.
    pub async fn serve(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        match self {
            Link::Local(room) => enter(room, request).await,
            Link::Remote(remote) => {
                let left = deadline::timeout(request.headers()).unwrap_or(deadline::DEFAULT);
                remote.send(request, left).await
            }
        }
    }

    async fn send(self, request: Request<Body>, left: Duration) -> Result<Response<Body>, Status> {
        match self {
            // the room keeps the deadline too; this one holds when the room is stuck
            Link::Local(room) => match tokio::time::timeout(left, enter(room, request)).await {
                Ok(answer) => answer,
                Err(_elapsed) => Err(Error::deadline().into()),
            },
            Link::Remote(remote) => remote.send(request, left).await,
        }
    }
}

async fn enter(
    room: BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>,
    request: Request<Body>,
) -> Result<Response<Body>, Status> {
    match room.oneshot(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

impl Service<Request<Body>> for Link {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let headers = request.headers_mut();
        trace::inject(headers);
        caller::inject(headers);
        let left = deadline::inject(headers);
        Box::pin(self.clone().send(request, left))
    }
}

/// The answer of a call to another room, or its error as ours.
pub fn answered<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Error> {
    answer.map(tonic::Response::into_inner).map_err(Error::from)
}

/// The same, where "not found" is an answer.
pub fn found<T>(answer: Result<tonic::Response<T>, Status>) -> Result<Option<T>, Error> {
    match answered(answer) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
