use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

use crate::Error;

/// The metrics of the process as Prometheus reads them.
///
/// Without exemplars: `opentelemetry_sdk` 0.33 collects none (`metrics/internal/histogram.rs` leaves them empty), its exporter for
/// Prometheus passes none on, and `prometheus` 0.14 cannot write OpenMetrics. From a slow bucket to a trace the way is the line "a
/// slow request" of the door's log, which has the trace's id.
#[derive(Clone, Default)]
pub struct Scrape(Registry);

impl Scrape {
    /// All of them, now, in the text format.
    pub fn text(&self) -> Result<String, Error> {
        TextEncoder::new().encode_to_string(&self.0.gather()).map_err(Error::internal)
    }
}

/// The meter of the process: its instruments are read by the collector, by Prometheus, by both, or do nothing.
pub fn meter(
    resource: Resource,
    sent: Option<MetricExporter>,
    scraped: bool,
) -> Result<(Option<SdkMeterProvider>, Option<Scrape>), Error> {
    if sent.is_none() && !scraped {
        return Ok((None, None));
    }
    let mut builder = SdkMeterProvider::builder().with_resource(resource);
    if let Some(exporter) = sent {
        builder = builder.with_periodic_exporter(exporter);
    }
    let mut scrape = None;
    if scraped {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .build();
        builder = builder.with_reader(reader.map_err(Error::internal)?);
        scrape = Some(Scrape(registry));
    }
    let meter = builder.build();
    opentelemetry::global::set_meter_provider(meter.clone());
    Ok((Some(meter), scrape))
}
