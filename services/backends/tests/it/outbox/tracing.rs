use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use backends::queue::{Handler, Message, Outcome};
use chassis::clock::Clock;
use opentelemetry::trace::{TraceContextExt, TraceId, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use super::Process;
use crate::database::Adapter;

/// Keeps the trace it is called in.
#[derive(Default)]
struct Tracer(Mutex<Vec<TraceId>>);

#[async_trait]
impl Handler for Tracer {
    async fn handle(&self, _: &Message) -> Outcome {
        self.0.lock().unwrap().push(trace_id());
        Outcome::Done
    }
}

fn trace_id() -> TraceId {
    tracing::Span::current().context().span().span_context().trace_id()
}

pub async fn carried(adapter: impl Adapter) {
    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let process = Process::start(&adapter, &Clock::system()).await;
    let tracer = Arc::new(Tracer::default());
    process.consume(tracer.clone()).await;
    let sent_in = async {
        process.send(1).await;
        trace_id()
    };
    let sent_in = sent_in.instrument(tracing::info_span!("somebody's request")).await;
    process.relay();
    process.until_empty().await;
    assert_ne!(sent_in, TraceId::INVALID);
    assert_eq!(*tracer.0.lock().unwrap(), [sent_in]);
}
