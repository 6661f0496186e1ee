//! Rate, errors and duration of every rpc, by the conventions of OpenTelemetry.

use std::time::Instant;

use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tonic::body::Body;

use super::{Concern, Inner, answer};
use crate::telemetry::{SECONDS, exemplars};

/// Records `rpc.server.duration` by service, method and status. No label is ever taken from a request's content.
#[derive(Clone)]
pub struct Metrics(Histogram<f64>);

impl Metrics {
    /// Records with the process's meter.
    pub fn new() -> Self {
        let meter = opentelemetry::global::meter("praan");
        Self(
            meter
                .f64_histogram("rpc.server.duration")
                .with_description("How long rpcs took, by method and status.")
                .with_unit("s")
                .with_boundaries(SECONDS.to_vec())
                .build(),
        )
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Concern for Metrics {
    async fn around<S: Inner>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let path = request.uri().path();
        // a path that is none of our methods would make labels without end
        let method = if proto::access(path).is_some() { path.to_owned() } else { "unknown".to_owned() };
        let begun = Instant::now();
        let response = answer(next, request).await;
        let status =
            response.headers().get("grpc-status").and_then(|s| s.to_str().ok()).unwrap_or("0").to_owned();
        let seconds = begun.elapsed().as_secs_f64();
        tracing::debug!(method, status, seconds, "an rpc was answered");
        let labels = [KeyValue::new("rpc.method", method), KeyValue::new("rpc.grpc.status_code", status)];
        self.0.record(seconds, &labels);
        exemplars::note("rpc_server_duration_seconds", &labels, seconds, &tracing::Span::current());
        response
    }
}
