//! How rooms reach each other.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Code, Status};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::layers::{caller, deadline, trace};
use crate::{Error, Kind};

/// A room as its callers see it. Tonic's generated clients work over it: `MemberServiceClient::new(link)`.
#[derive(Clone)]
pub enum Link {
    /// In this process.
    Local(BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>),
    /// Over the wire.
    Remote(Channel),
}

impl Link {
    /// A room over the wire, connected at the first call and again whenever the connection is lost.
    pub fn remote(address: Uri) -> Self {
        let endpoint = Endpoint::from(address)
            .connect_timeout(Duration::from_secs(2))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true)
            .tcp_nodelay(true);
        Self::Remote(endpoint.connect_lazy())
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
        self.send(request).await
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        match self {
            Link::Local(room) => match room.oneshot(request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            },
            Link::Remote(channel) => {
                let sent = channel.oneshot(request).await;
                sent.map_err(|error| match Status::from_error(Box::new(error)) {
                    // so tonic says that the time of `grpc-timeout` has run out on this side
                    late if late.code() == Code::Cancelled => Error::deadline().into(),
                    lost => Error::unavailable(lost).into(),
                })
            }
        }
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
        let link = self.clone();
        Box::pin(async move {
            // the room keeps the deadline too; this one holds when the room, or the wire, is stuck
            match tokio::time::timeout(left, link.send(request)).await {
                Ok(answer) => answer,
                Err(_elapsed) => Err(Error::deadline().into()),
            }
        })
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
