use std::sync::{Arc, Mutex};

use chassis::shutdown::Tasks;
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
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// An OTLP collector that keeps what it is sent, as text.
pub struct Collector {
    heard: Heard,
    /// Where it listens.
    pub url: String,
    _tasks: Tasks,
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Collector {
    /// Starts to listen.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (heard, tasks) = (Heard::default(), Tasks::new());
        let server = Server::builder()
            .add_service(TraceServiceServer::new(heard.clone()).max_decoding_message_size(usize::MAX))
            .add_service(MetricsServiceServer::new(heard.clone()).max_decoding_message_size(usize::MAX));
        tasks.spawn("collector", async move {
            server.serve_with_incoming(TcpIncoming::from(listener)).await.expect("it serves");
        });
        Self { heard, url, _tasks: tasks }
    }

    /// Everything it was sent: a line for each span and each metric.
    pub fn heard(&self) -> String {
        self.heard.0.lock().unwrap().join("\n")
    }
}

#[tonic::async_trait]
impl TraceService for Heard {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut heard = self.0.lock().unwrap();
        for resource in request.into_inner().resource_spans {
            heard.push(format!("{:?}", resource.resource));
            let spans = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
            heard.extend(spans.map(|span| format!("{span:?}")));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Heard {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let mut heard = self.0.lock().unwrap();
        for resource in request.into_inner().resource_metrics {
            heard.push(format!("{:?}", resource.resource));
            let metrics = resource.scope_metrics.iter().flat_map(|scope| &scope.metrics);
            heard.extend(metrics.map(|metric| format!("{metric:?}")));
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}
