//! Which traces are sent.

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};

/// A share of those that begin here, and of those that go on what whoever began them decided; of a request that an operator sees
/// through ([`crate::verbose`]) every span from here on.
#[derive(Clone, Debug)]
pub struct Sampled(Sampler);

impl Sampled {
    /// With the share, from 0 to 1.
    pub fn new(ratio: f64) -> Self {
        Self(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
    }
}

impl ShouldSample for Sampled {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let seen_through = |attribute: &KeyValue| {
            attribute.key.as_str() == "verbose" && matches!(attribute.value, Value::Bool(true))
        };
        let of = if attributes.iter().any(seen_through) { &Sampler::AlwaysOn } else { &self.0 };
        of.should_sample(parent, trace, name, kind, attributes, links)
    }
}
