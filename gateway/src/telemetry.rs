//! Rate, errors and duration at the door, by the conventions of OpenTelemetry, and the span that all others hang on. No label
//! is ever taken from what a client sent: a route is the contract's, or none.

use std::sync::Arc;
use std::time::Instant;

use chassis::layers::trace;
use chassis::telemetry::SECONDS;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tonic::body::Body;
use tracing::Instrument;
use tracing::field::Empty;

use crate::contract::Method;
use crate::visit::Visit;

/// Tells what goes on at the door.
pub struct Telemetry(Histogram<f64>);

impl Telemetry {
    /// Records with the process's meter.
    pub fn new() -> Self {
        let meter = opentelemetry::global::meter("praan");
        Self(
            meter
                .f64_histogram("http.server.request.duration")
                .with_description("How long requests at the door took, by verb, route and status.")
                .with_unit("s")
                .with_boundaries(SECONDS.to_vec())
                .build(),
        )
    }

    /// Watches over a request.
    pub async fn watch(
        &self,
        visit: Visit,
        request: Request<Body>,
        answer: impl AsyncFnOnce(Request<Body>) -> Response<Body>,
    ) -> Response<Body> {
        let verb = verb(request.method());
        let span = tracing::info_span!("http", otel.name = verb, otel.kind = "server", request_id = %visit.request_id, status = Empty);
        trace::join(&span, request.headers());
        let begun = Instant::now();
        let response = answer(request).instrument(span.clone()).await;
        let status = response.status().as_u16();
        span.record("status", status);
        let mut labels = vec![
            KeyValue::new("http.request.method", verb),
            KeyValue::new("http.response.status_code", i64::from(status)),
        ];
        if let Some(method) = response.extensions().get::<Arc<Method>>() {
            trace::rename(&span, format!("{verb} {}", method.route));
            labels.push(KeyValue::new("http.route", method.route.clone()));
        }
        self.0.record(begun.elapsed().as_secs_f64(), &labels);
        response
    }
}

/// The verb, as long as it is one that everybody knows.
fn verb(method: &http::Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}
