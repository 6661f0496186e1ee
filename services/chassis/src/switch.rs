//! The door of a process that serves rooms to others: finds the room by the service's name in the path.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::{Error, Link};

/// Hands each request to the room of its service.
#[derive(Clone, Default)]
pub struct Switch(Arc<HashMap<String, Link>>);

impl Switch {
    /// A switch between services, by their full names such as `praan.family.v1.FamilyService`.
    pub fn new(rooms: impl IntoIterator<Item = (String, Link)>) -> Self {
        Self(Arc::new(rooms.into_iter().collect()))
    }

    /// The room of the service that `path`, such as `/praan.family.v1.FamilyService/GetMember`, names.
    pub fn find(&self, path: &str) -> Option<&Link> {
        let (service, _method) = path.strip_prefix('/')?.split_once('/')?;
        self.0.get(service)
    }
}

impl<B> Service<Request<B>> for Switch
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let room = self.find(request.uri().path()).cloned();
        Box::pin(async move {
            let answer = match room {
                Some(room) => room.serve(request.map(Body::new)).await,
                None => Err(Error::unimplemented("there is no such service here").into()),
            };
            Ok(answer.unwrap_or_else(Status::into_http))
        })
    }
}
