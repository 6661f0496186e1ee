use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::proto::MetricType;
use prometheus::{Registry, TextEncoder};

use super::exemplars;
use crate::Error;

/// The metrics of the process as Prometheus reads them.
#[derive(Clone, Default)]
pub struct Scrape(Registry);

impl Scrape {
    /// All of them, now, in the text format.
    pub fn text(&self) -> Result<String, Error> {
        TextEncoder::new().encode_to_string(&self.0.gather()).map_err(Error::internal)
    }

    /// The same as OpenMetrics, with exemplars.
    pub fn open_metrics(&self) -> Result<String, Error> {
        let families = self.0.gather();
        let counters = families.iter().filter(|family| family.get_field_type() == MetricType::COUNTER);
        let counters = counters.map(|family| family.name().to_owned()).collect();
        let text = TextEncoder::new().encode_to_string(&families).map_err(Error::internal)?;
        Ok(exemplars::open_metrics(&text, &counters))
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
