use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use chassis::auth::Verifier;
use chassis::layers::Around;
use chassis::layers::caller::Caller;
use chassis::layers::deadline::Deadline;
use chassis::{Error, Link};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use http::Response as HttpResponse;
use prost::Message;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

use crate::raw::Raw;

type Handler = Arc<dyn Fn(http::Request<Body>) -> BoxFuture<'static, HttpResponse<Body>> + Send + Sync>;

/// All services at once: methods answer as the test says, the others not at all.
#[derive(Clone, Default)]
pub struct Fake {
    methods: HashMap<&'static str, Handler>,
    others: Option<Handler>,
}

impl Fake {
    /// Answers a method by a function.
    pub fn on<Q, A>(
        self,
        path: &'static str,
        answer: impl Fn(Request<Q>) -> Result<A, Error> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: Message + Default + 'static,
        A: Message + Default + 'static,
    {
        self.on_async(path, move |request| {
            let answer = answer(request);
            async move { answer }
        })
    }

    /// Answers a method by a function that may wait.
    pub fn on_async<Q, A, F>(
        mut self,
        path: &'static str,
        answer: impl Fn(Request<Q>) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: Message + Default + 'static,
        A: Message + Default + 'static,
        F: Future<Output = Result<A, Error>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |request| {
            let answer = answer.clone();
            let service = tower::service_fn(move |request: Request<Q>| {
                let answer = answer(request);
                async move { answer.await.map(Response::new).map_err(Status::from) }
            });
            Box::pin(async move { Grpc::new(ProstCodec::<A, Q>::default()).unary(service, request).await })
        });
        self.methods.insert(path, handler);
        self
    }

    /// Answers a method by a stream.
    pub fn on_stream<Q, A>(
        mut self,
        path: &'static str,
        answer: impl Fn(Request<Q>) -> Result<BoxStream<'static, Result<A, Status>>, Error>
        + Clone
        + Send
        + Sync
        + 'static,
    ) -> Self
    where
        Q: Message + Default + 'static,
        A: Message + Default + 'static,
    {
        let handler: Handler = Arc::new(move |request| {
            let answer = answer.clone();
            let service = tower::service_fn(move |request: Request<Q>| {
                let answer = answer(request);
                async move { answer.map(Response::new).map_err(Status::from) }
            });
            Box::pin(async move {
                Grpc::new(ProstCodec::<A, Q>::default()).server_streaming(service, request).await
            })
        });
        self.methods.insert(path, handler);
        self
    }

    /// Answers every other method by a function of its path and its message as bytes.
    pub fn on_others(
        mut self,
        answer: impl Fn(&str, Request<Bytes>) -> Result<Vec<Bytes>, Error> + Clone + Send + Sync + 'static,
    ) -> Self {
        self.others = Some(Arc::new(move |request| {
            let (answer, path) = (answer.clone(), request.uri().path().to_owned());
            let service = tower::service_fn(move |request: Request<Bytes>| {
                let answers = answer(&path, request);
                let stream = |answers: Vec<Bytes>| Response::new(stream::iter(answers.into_iter().map(Ok)));
                std::future::ready(answers.map(stream).map_err(Status::from))
            });
            // one answer is framed as a stream of one is
            Box::pin(async move { Grpc::new(Raw).server_streaming(service, request).await })
        }));
        self
    }

    /// The way to the services, with the layers that a room has.
    pub fn link(self, verifier: &Verifier) -> Link {
        let Self { methods, others } = self;
        let methods = Arc::new(methods);
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let handler = methods.get(request.uri().path()).or(others.as_ref()).cloned();
            async move {
                Ok::<_, Infallible>(match handler {
                    Some(handler) => handler(request).await,
                    None => Status::from(Error::unimplemented("not in this test")).into_http(),
                })
            }
        });
        let layers = ServiceBuilder::new().layer(Around(Deadline)).layer(Around(Caller(verifier.clone())));
        Link::Local(BoxCloneSyncService::new(layers.service(service)))
    }
}
