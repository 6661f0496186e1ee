//! What a process tells about itself: logs on standard error; traces and metrics over OTLP where a collector is named.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::Error;

/// How a process tells about itself.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which log lines to write, as `RUST_LOG` has it, such as `info,sqlx=warn`.
    pub filter: String,
    /// Writes one JSON object a line, in place of text for a person.
    pub json: bool,
    /// The OTLP collector, such as `http://127.0.0.1:4317`; none keeps traces and metrics at home.
    pub otlp_endpoint: Option<String>,
}

/// Keeps the exporters, so that they can be flushed.
pub struct Telemetry {
    tracer: Option<SdkTracerProvider>,
    meter: Option<SdkMeterProvider>,
}

/// Starts telling. Once in a process.
pub fn start(settings: &Settings) -> Result<Telemetry, Error> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|error| {
        Error::invalid("log", format!("must be a filter such as info,sqlx=warn: {error}"))
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if settings.json { lines.json().boxed() } else { lines.with_target(false).compact().boxed() };
    let (tracer, meter) = match &settings.otlp_endpoint {
        Some(endpoint) => exporters(endpoint)?,
        None => (None, None),
    };
    // below this level are the frames and polls of libraries, those of the exporter's own connection among them
    let spans = tracer.as_ref().map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer("praan")).with_filter(LevelFilter::INFO)
    });
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans);
    registry.try_init().map_err(Error::internal)?;
    Ok(Telemetry { tracer, meter })
}

fn exporters(endpoint: &str) -> Result<(Option<SdkTracerProvider>, Option<SdkMeterProvider>), Error> {
    let resource = Resource::builder().with_service_name("praan").build();
    let bad =
        |error: opentelemetry_otlp::ExporterBuildError| Error::invalid("otlp-endpoint", error.to_string());
    let spans = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build().map_err(bad)?;
    let tracer =
        SdkTracerProvider::builder().with_resource(resource.clone()).with_batch_exporter(spans).build();
    let metrics = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build().map_err(bad)?;
    let meter = SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(metrics).build();
    opentelemetry::global::set_meter_provider(meter.clone());
    Ok((Some(tracer), Some(meter)))
}

impl Telemetry {
    /// Sends what has not been sent.
    pub fn flush(self) {
        let unsent = [
            self.tracer.map(|tracer| tracer.shutdown()).transpose().err(),
            self.meter.map(|meter| meter.shutdown()).transpose().err(),
        ];
        for error in unsent.into_iter().flatten() {
            tracing::warn!(%error, "some telemetry could not be sent");
        }
    }
}
