//! A service as it is handed out: its routes, before and after the layers are put around them.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder};

use crate::Link;
use crate::audit::{Sink, Witness};
use crate::auth::Verifier;
use crate::layers::{Around, caller::Caller, deadline::Deadline, metrics::Metrics, shed::Shed, trace::Trace};

/// The requests a room works on at once before it refuses.
const MOST_AT_ONCE: usize = 1024;

/// One service, opened.
pub struct Room {
    name: &'static str,
    routes: Routes,
    services: Vec<&'static str>,
    witness: Option<Arc<dyn Sink>>,
}

impl Room {
    /// An empty room.
    pub fn new(name: &'static str) -> Self {
        Self { name, routes: Routes::default(), services: Vec::new(), witness: None }
    }

    /// Adds a gRPC service.
    pub fn service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        self.services.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Has reads and denials taken down.
    pub fn audited(mut self, sink: Arc<dyn Sink>) -> Self {
        self.witness = Some(sink);
        self
    }

    /// What the room is called, such as `family`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The full names of its gRPC services, such as `praan.family.v1.FamilyService`.
    pub fn services(&self) -> &[&'static str] {
        &self.services
    }

    /// The way into the room, with every layer around it.
    pub fn link(self, verifier: &Verifier) -> Link {
        let stack = ServiceBuilder::new()
            .layer(Around(Trace))
            .layer(Around(Metrics::new()))
            .layer(Around(Shed::new(MOST_AT_ONCE)))
            .layer(Around(Deadline))
            .layer(Around(Caller(verifier.clone())))
            .option_layer(self.witness.map(|sink| Around(Witness(sink))))
            .service(self.routes.prepare());
        Link::Local(BoxCloneSyncService::new(stack))
    }
}
