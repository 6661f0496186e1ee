use opentelemetry_otlp::{ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::sampled::Sampled;
use crate::Error;

/// The ways to a collector.
#[derive(Default)]
pub struct Exporters {
    pub tracer: Option<SdkTracerProvider>,
    pub logger: Option<SdkLoggerProvider>,
    pub metrics: Option<MetricExporter>,
}

/// Connects when there is something to send: a collector that is away is no reason not to start.
pub fn exporters(endpoint: &str, trace_ratio: f64, resource: &Resource) -> Result<Exporters, Error> {
    let bad = |error: ExporterBuildError| Error::invalid("otlp-endpoint", error.to_string());
    let spans = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build().map_err(bad)?;
    let lines = LogExporter::builder().with_tonic().with_endpoint(endpoint).build().map_err(bad)?;
    let metrics = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build().map_err(bad)?;
    let tracer = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_sampler(Sampled::new(trace_ratio))
        .with_batch_exporter(spans)
        .build();
    let logger =
        SdkLoggerProvider::builder().with_resource(resource.clone()).with_batch_exporter(lines).build();
    Ok(Exporters { tracer: Some(tracer), logger: Some(logger), metrics: Some(metrics) })
}
