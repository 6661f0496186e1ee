//! What a process tells about itself: logs on standard error; traces, metrics and logs over OTLP where a collector is named; and
//! the same metrics for Prometheus, where it may ask ([`crate::admin`]).

mod otlp;
mod scrape;

use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::Error;

use otlp::Exporters;
pub use scrape::Scrape;

/// Where the bounds between the buckets of a duration are, in seconds, by the conventions of OpenTelemetry.
pub const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// What must not go to the collector, since sending it would make more of the same.
const OWN_TRAFFIC: &str = "hyper=off,h2=off,tonic=off,tower=off,opentelemetry=off";

/// How a process tells about itself.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which log lines to write, as `RUST_LOG` has it, such as `info,sqlx=warn`.
    pub filter: String,
    /// Writes one JSON object a line, in place of text for a person.
    pub json: bool,
    /// The OTLP collector, such as `http://127.0.0.1:4317`; none keeps traces, metrics and logs at home.
    pub otlp_endpoint: Option<String>,
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
}

/// Starts telling. Once in a process, and before anything else makes an instrument.
pub fn start(settings: &Settings) -> Result<Telemetry, Error> {
    let filter = filter(&settings.filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if settings.json { lines.json().boxed() } else { lines.with_target(false).compact().boxed() };
    let resource = Resource::builder().with_service_name("praan").build();
    let Exporters { tracer, logger, metrics } = match &settings.otlp_endpoint {
        Some(endpoint) => otlp::exporters(endpoint, &resource)?,
        None => Exporters::default(),
    };
    // not the filter of the log lines: a process that is told to be quiet would break the traces of others
    let all = self::filter(&format!("info,{OWN_TRAFFIC}"))?;
    let spans = tracer.as_ref().map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer("praan")).with_filter(all)
    });
    let chosen = self::filter(&format!("{},{OWN_TRAFFIC}", settings.filter))?;
    let sent = logger.as_ref().map(|logger| OpenTelemetryTracingBridge::new(logger).with_filter(chosen));
    let (meter, scrape) = scrape::meter(resource, metrics, settings.scraped)?;
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).with(sent);
    registry.try_init().map_err(Error::internal)?;
    Ok(Telemetry { tracer, logger, meter, scrape })
}

fn filter(text: &str) -> Result<EnvFilter, Error> {
    EnvFilter::try_new(text)
        .map_err(|error| Error::invalid("log", format!("must be a filter such as info,sqlx=warn: {error}")))
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
