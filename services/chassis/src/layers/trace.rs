//! A span per request, joined to the caller's trace (W3C Trace Context).

use http::{HeaderMap, Request, Response};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{TraceContextExt, TraceId};
use tonic::body::Body;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{Concern, Inner, answer};
use crate::verbose;

/// Opens the span.
#[derive(Clone)]
pub struct Trace;

impl Concern for Trace {
    async fn around<S: Inner>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let span = tracing::info_span!(
            "rpc",
            otel.name = request.uri().path(),
            otel.kind = "server",
            request_id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()),
            verbose = verbose::marked(request.headers()),
        );
        join(&span, request.headers());
        answer(next, request).instrument(span).await
    }
}

/// Makes a span part of the trace that the headers of its request name.
pub fn join(span: &tracing::Span, headers: &HeaderMap) {
    let parent = opentelemetry::global::get_text_map_propagator(|p| p.extract(&Headers(headers)));
    // without a subscriber for spans there is nothing to join, which is no fault
    let _ = span.set_parent(parent);
}

/// Gives a span another name, once it is known what the request was for.
pub fn rename(span: &tracing::Span, name: String) {
    // for the log lines; a span that has begun takes no name this way
    span.record("otel.name", &name);
    span.context().span().update_name(name);
}

/// The id of the trace that a span is part of, if there is one.
pub fn id(span: &tracing::Span) -> Option<String> {
    let id = span.context().span().span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
}

/// Writes the current trace into the headers of a call.
pub(crate) fn inject(headers: &mut HeaderMap) {
    let context = tracing::Span::current().context();
    opentelemetry::global::get_text_map_propagator(|p| p.inject_context(&context, &mut HeadersMut(headers)));
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(key), http::HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
