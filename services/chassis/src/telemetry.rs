//! What a process tells about itself: logs on standard error; traces, metrics and logs over OTLP where a collector is named; and
//! the same metrics for Prometheus, where it may ask ([`crate::admin`]).

mod chosen;
pub mod exemplars;
mod otlp;
mod sampled;
mod scrape;

use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Error;

pub use chosen::Levels;
use chosen::OWN_TRAFFIC;
use otlp::Exporters;
pub use scrape::Scrape;

/// Where the bounds between the buckets of a duration are, in seconds, by the conventions of OpenTelemetry.
pub const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// How a process tells about itself.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which log lines to write, as `RUST_LOG` has it, such as `info,sqlx=warn`.
    pub filter: String,
    /// Writes one JSON object a line, in place of text for a person.
    pub json: bool,
    /// The OTLP collector, such as `http://127.0.0.1:4317`; none keeps traces, metrics and logs at home.
    pub otlp_endpoint: Option<String>,
    /// The share of the traces that begin here and are sent, from 0 to 1.
    pub trace_ratio: f64,
    /// Whether metrics are kept for Prometheus to ask for.
    pub scraped: bool,
}

/// Keeps the exporters, so that they can be flushed.
pub struct Telemetry {
    tracer: Option<SdkTracerProvider>,
    logger: Option<SdkLoggerProvider>,
    meter: Option<SdkMeterProvider>,
    /// The metrics, if they are kept.
    pub scrape: Option<Scrape>,
    /// Changes which log lines are written.
    pub levels: Levels,
}

/// Starts telling. Once in a process, and before anything else makes an instrument.
pub fn start(settings: &Settings) -> Result<Telemetry, Error> {
    let mut levels = Levels::default();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if settings.json { lines.json().boxed() } else { lines.with_target(false).compact().boxed() };
    let resource = Resource::builder().with_service_name("praan").build();
    let Exporters { tracer, logger, metrics } = match &settings.otlp_endpoint {
        Some(endpoint) => otlp::exporters(endpoint, settings.trace_ratio, &resource)?,
        None => Exporters::default(),
    };
    // not the filter of the log lines: a process that is told to be quiet would break the traces of others
    let all = chosen::filter(&format!("info,{OWN_TRAFFIC}"))?;
    let spans = tracer.as_ref().map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer("praan")).with_filter(all)
    });
    let written = levels.of(&settings.filter, "")?;
    let sent = match &logger {
        Some(logger) => {
            let chosen = levels.of(&settings.filter, OWN_TRAFFIC)?;
            Some(OpenTelemetryTracingBridge::new(logger).with_filter(chosen))
        }
        None => None,
    };
    let (meter, scrape) = scrape::meter(resource, metrics, settings.scraped)?;
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let registry = tracing_subscriber::registry().with(lines.with_filter(written)).with(spans).with(sent);
    registry.try_init().map_err(Error::internal)?;
    Ok(Telemetry { tracer, logger, meter, scrape, levels })
}

impl Telemetry {
    /// Sends what has not been sent.
    pub fn flush(self) {
        let unsent = [
            self.tracer.map(|tracer| tracer.shutdown()).transpose().err(),
            self.logger.map(|logger| logger.shutdown()).transpose().err(),
            self.meter.map(|meter| meter.shutdown()).transpose().err(),
        ];
        for error in unsent.into_iter().flatten() {
            tracing::warn!(%error, "some telemetry could not be sent");
        }
    }
}
