//! What happens to every request at the door of a room, outermost first: [`trace`], [`metrics`], [`shed`], [`deadline`],
//! [`caller`]. They sit below the fork of [`crate::Link`], so a call within the process passes them like one over the wire.

pub mod caller;
pub mod deadline;
pub mod metrics;
pub mod shed;
mod stay;
pub mod trace;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// A gRPC service that cannot fail but in its answer.
pub trait Inner:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Inner for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// One concern of a request, as a function around the rest of its way.
pub trait Concern: Clone + Send + Sync + 'static {
    /// Answers the request, by `next` or without it.
    fn around<S: Inner>(
        &self,
        request: Request<Body>,
        next: S,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// Makes a [`Concern`] a tower layer.
#[derive(Clone)]
pub struct Around<C>(pub C);

impl<C: Clone, S> Layer<S> for Around<C> {
    type Service = With<C, S>;

    fn layer(&self, inner: S) -> Self::Service {
        With { concern: self.0.clone(), inner }
    }
}

/// A service with a concern around it.
#[derive(Clone)]
pub struct With<C, S> {
    concern: C,
    inner: S,
}

impl<C: Concern, S: Inner> Service<Request<Body>> for With<C, S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // readiness is asked by `answer`, on the clone that serves the request
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (concern, inner) = (self.concern.clone(), self.inner.clone());
        Box::pin(async move { Ok(concern.around(request, inner).await) })
    }
}

/// The answer of the rest of the way.
pub(crate) async fn answer<S: Inner>(next: S, request: Request<Body>) -> Response<Body> {
    match tower::ServiceExt::oneshot(next, request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// A refusal as an answer.
pub(crate) fn refuse(error: crate::Error) -> Response<Body> {
    Status::from(error).into_http()
}
