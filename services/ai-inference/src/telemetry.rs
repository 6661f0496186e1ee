//! How long providers take, and how it ends. Nothing of what is on a photo is told.

use std::sync::LazyLock;
use std::time::Instant;

use chassis::telemetry::SECONDS;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use crate::domain::photo::Photo;
use crate::domain::reading::MealReading;
use crate::provider::{Provider, ProviderError};

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    opentelemetry::global::meter("praan")
        .f64_histogram("praan.inference.duration")
        .with_description("How long providers took to read a photo, by provider and outcome.")
        .with_unit("s")
        .with_boundaries(SECONDS.into_iter().chain([20.0, 40.0]).collect())
        .build()
});

/// Lets a provider read a photo, and tells how long that took.
pub async fn timed(provider: &dyn Provider, photo: &Photo) -> Result<MealReading, ProviderError> {
    let begun = Instant::now();
    let read = provider.read(photo).await;
    let outcome = match &read {
        Ok(meal) if meal.is_possible() => "read",
        Ok(_) => "nonsense",
        Err(ProviderError::Permanent(_)) => "refused",
        Err(ProviderError::Transient(_)) => "failed",
    };
    let labels = [
        KeyValue::new("praan.inference.provider", provider.model().to_owned()),
        KeyValue::new("praan.inference.outcome", outcome),
    ];
    DURATION.record(begun.elapsed().as_secs_f64(), &labels);
    read
}
