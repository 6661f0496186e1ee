//! A trace goes on through the outbox and the queue: the row and the message carry its W3C `traceparent`.

use std::collections::HashMap;

use opentelemetry::global::get_text_map_propagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::queue::Message;

const HEADER: &str = "traceparent";

/// The trace we are in.
pub fn current() -> Option<String> {
    let context = Span::current().context();
    let mut carrier = HashMap::new();
    get_text_map_propagator(|p| p.inject_context(&context, &mut carrier));
    carrier.remove(HEADER)
}

/// The span of one delivery, in the trace of whoever caused the message.
pub fn delivery(queue: &str, message: &Message) -> Span {
    let span = tracing::info_span!("delivery", otel.kind = "consumer", queue, message_id = %message.id, message.attempt);
    if let Some(parent) = &message.traceparent {
        let carrier = HashMap::from([(HEADER.to_owned(), parent.clone())]);
        // without a subscriber for spans there is nothing to join, which is no fault
        let _ = span.set_parent(get_text_map_propagator(|p| p.extract(&carrier)));
    }
    span
}
