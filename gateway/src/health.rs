//! Whether the house can serve: every public service is asked, and all must answer. The same goes out as `/readyz` and as
//! `grpc.health.v1`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chassis::cached::Cached;
use chassis::shutdown::Tasks;
use chassis::{Error, Link};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::upstream::Upstream;

/// How long a service may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer is good for: many who ask shall not be many who burden the services.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// Knows whether the house can serve.
pub struct Health {
    upstream: Arc<Upstream>,
    tasks: Tasks,
    answers: Cached<(), ()>,
}

impl Health {
    /// Asks the services behind `upstream`.
    pub fn new(upstream: Arc<Upstream>, tasks: Tasks) -> Self {
        Self { upstream, tasks, answers: Cached::new("health", 1, GOOD_FOR) }
    }

    /// Fails when a service does not answer, or when the process is about to stop.
    pub async fn check(&self) -> Result<(), Error> {
        if self.tasks.is_stopping() {
            return Err(Error::unavailable("the process is stopping"));
        }
        self.answers.get_or((), self.ask_all()).await
    }

    async fn ask_all(&self) -> Result<(), Error> {
        let asked = self.upstream.links().map(|(service, link)| ask(service, link.clone()));
        futures_util::future::try_join_all(asked).await.map(drop)
    }

    async fn status(&self) -> ServingStatus {
        if self.check().await.is_ok() { ServingStatus::Serving } else { ServingStatus::NotServing }
    }
}

async fn ask(service: &str, link: Link) -> Result<(), Error> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let mut client = HealthClient::new(link);
    let answer = tokio::time::timeout(PATIENCE, client.check(request)).await;
    let answer = answer.map_err(|_| Error::unavailable(format!("{service} does not answer")))?;
    match answer.map(|answer| answer.into_inner().status()) {
        Ok(ServingStatus::NotServing) => Err(Error::unavailable(format!("{service} does not serve"))),
        Err(status)
            if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled) =>
        {
            Err(Error::unavailable(status))
        }
        // a room without a health service has answered all the same
        Ok(_) | Err(_) => Ok(()),
    }
}

/// `grpc.health.v1` over the whole house, and over each public service.
pub struct GrpcHealth {
    health: Arc<Health>,
    services: BTreeSet<String>,
}

impl GrpcHealth {
    /// Answers for these services, and for the house as a whole by the empty name.
    pub fn new(health: Arc<Health>, services: BTreeSet<&str>) -> Self {
        Self { health, services: services.into_iter().map(str::to_owned).collect() }
    }

    fn known(&self, service: &str) -> bool {
        service.is_empty() || self.services.contains(service)
    }
}

#[tonic::async_trait]
impl health_server::Health for GrpcHealth {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.known(&request.into_inner().service) {
            return Err(Error::not_found("there is no such service").into());
        }
        Ok(Response::new(HealthCheckResponse { status: self.health.status().await.into() }))
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    /// Tells the status whenever it has changed; it looks every few seconds.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        if !self.known(&request.into_inner().service) {
            let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown.into() };
            return Ok(Response::new(stream::iter([Ok(unknown)]).chain(stream::pending()).boxed()));
        }
        let state = (self.health.clone(), tokio::time::interval(PATIENCE), None);
        let changes = stream::unfold(state, |(health, mut looks, last)| async move {
            loop {
                tokio::select! {
                    () = health.tasks.stopping() => return None,
                    _ = looks.tick() => {}
                }
                let now = health.status().await;
                if last != Some(now) {
                    return Some((
                        Ok(HealthCheckResponse { status: now.into() }),
                        (health, looks, Some(now)),
                    ));
                }
            }
        });
        Ok(Response::new(changes.boxed()))
    }
}
