//! Rate, errors and duration at the door, by the conventions of OpenTelemetry, and the span that all others hang on. No label
//! is ever taken from what a client sent: a route is the contract's, or none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chassis::layers::trace;
use chassis::telemetry::{SECONDS, exemplars};
use chassis::verbose;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tonic::body::Body;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::contract::Method;
use crate::visit::Visit;

/// What takes longer than this is worth a line of its own: it is what the alert PraanSlow counts.
const SLOW: Duration = Duration::from_secs(1);

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
        let span = tracing::info_span!("http", otel.name = verb, otel.kind = "server", request_id = %visit.request_id, status = Empty, verbose = verbose::marked(request.headers()));
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
        let took = begun.elapsed();
        self.0.record(took.as_secs_f64(), &labels);
        exemplars::note("http_server_request_duration_seconds", &labels, took.as_secs_f64(), &span);
        span.in_scope(|| {
            tell(took, verb, response.extensions().get::<Arc<Method>>().map(|method| &*method.route), &span)
        });
        response
    }
}

/// Writes a line on a request that took long, and on every one that is seen through.
fn tell(took: Duration, verb: &str, route: Option<&str>, span: &Span) {
    let (seconds, trace_id) = (took.as_secs_f64(), trace::id(span));
    match took < SLOW {
        true => tracing::debug!(verb, route, seconds, trace_id, "a request was answered"),
        false => tracing::warn!(verb, route, seconds, trace_id, "a slow request"),
    }
}

/// The verb, as long as it is one that everybody knows.
fn verb(method: &http::Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}
