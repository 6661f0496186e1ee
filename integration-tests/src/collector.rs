//! A collector of OpenTelemetry that keeps all it is sent.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use chassis::shutdown::Tasks;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::process::Environment;

#[derive(Default)]
struct Kept {
    spans: Vec<Span>,
    metrics: BTreeSet<String>,
    log_lines: usize,
}

/// The collector, at a port of its own.
pub struct Collector {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Clone)]
struct Desk(Arc<Mutex<Kept>>);

impl Collector {
    /// Starts it.
    pub async fn start() -> Self {
        let kept = Arc::<Mutex<Kept>>::default();
        let desk = Desk(kept.clone());
        let listener = chassis::serve::listen(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let server = Server::builder()
            .add_service(TraceServiceServer::new(desk.clone()))
            .add_service(MetricsServiceServer::new(desk.clone()))
            .add_service(LogsServiceServer::new(desk))
            .serve_with_incoming(TcpIncoming::from(listener));
        Tasks::new().spawn("collector", async { server.await.expect("it serves as long as the test runs") });
        Self { address, kept }
    }

    /// What makes a process send here all that it tells.
    pub fn environment(&self) -> Environment {
        let mut environment = Environment::default();
        environment.set("PRAAN_OTLP_ENDPOINT", format!("http://{}", self.address));
        environment.set("PRAAN_LOG", "info");
        environment
    }

    /// The spans so far.
    pub fn spans(&self) -> Vec<Span> {
        self.kept.lock().expect("whole").spans.clone()
    }

    /// The names of the metrics so far.
    pub fn metrics(&self) -> BTreeSet<String> {
        self.kept.lock().expect("whole").metrics.clone()
    }

    /// How many log lines so far.
    pub fn log_lines(&self) -> usize {
        self.kept.lock().expect("whole").log_lines
    }
}

/// A text that a span has.
pub fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

#[tonic::async_trait]
impl TraceService for Desk {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes =
            request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.0.lock().expect("whole").spans.extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Desk {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let scopes =
            request.into_inner().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
        self.0.lock().expect("whole").metrics.extend(names);
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Desk {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let scopes = request.into_inner().resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
        self.0.lock().expect("whole").log_lines += scopes.map(|scope| scope.log_records.len()).sum::<usize>();
        Ok(Response::new(Default::default()))
    }
}
