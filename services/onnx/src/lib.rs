//! onnx: a reader of photos that runs a model of one's own within the process, in Rust alone.
//!
//! A model tells one food from the others that it was trained on; what a portion of that food holds stands in a file beside
//! it. The runtime takes longer to build than the rest of a service, so only a `praan` that is built with the feature
//! `onnx` has it. Wrong files are refused at the start, with what to do; neither a picture nor an answer reaches a log.

use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use ai_inference::provider::{Provider, ProviderError};
use ai_inference::{MealReading, Photo};
use async_trait::async_trait;
use chassis::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use labels::Labels;
use model::Model;
use scores::Top;

mod labels;
mod model;
mod picture;
mod scores;

const NO_FOOD: &str = "No food could be told from the photo. Please enter the meal by hand.";
const FAILED: &str = "The photo could not be read. Please enter the meal by hand.";

/// Below this, correcting a guess is more work than entering the meal.
const LEAST_CONFIDENCE: f64 = 0.3;

/// The provider that runs a model.
pub struct OnnxProvider {
    name: String,
    model: Arc<Model>,
    labels: Labels,
    /// As many as there are processors: a run keeps one busy.
    runs: Arc<Semaphore>,
}

impl OnnxProvider {
    /// Reads both files and lets the model look at an empty picture, so that what cannot work is known at once.
    pub fn load(model: &Path, labels: &Path) -> Result<Self, Error> {
        let name = model.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("onnx/{name}");
        let (model, labels) = (Model::load(model)?, Labels::load(labels)?);
        let (told, listed) = (model.scores_of_nothing()?.len(), labels.len());
        if told != listed {
            return Err(Error::illegal_state(format!(
                "the model has {told} outputs and the labels file lists {listed} foods; list one for every output, in its order"
            )));
        }
        let processors = available_parallelism().map_or(1, usize::from);
        Ok(Self { name, model: Arc::new(model), labels, runs: Arc::new(Semaphore::new(processors)) })
    }

    /// The permit goes along: a run that is given up on still keeps a processor busy until it ends.
    async fn run(&self, photo: &Photo) -> Result<Top, ProviderError> {
        let permit = self.runs.clone().acquire_owned().await;
        let permit = permit.map_err(|closed| ProviderError::Transient(closed.to_string()))?;
        let (model, view) = (self.model.clone(), photo.view.clone());
        let run = spawn_blocking(move || {
            let _permit = permit;
            scores::top(&model.scores(&view)?)
        });
        match run.await {
            Ok(Some(top)) => Ok(top),
            // the process is about to end
            Err(ended) if !ended.is_panic() => Err(ProviderError::Transient(ended.to_string())),
            // it would fail again: the same model sees the same picture
            _ => {
                tracing::error!("the model failed on a photo, or what it put out is no number");
                Err(ProviderError::Permanent(FAILED.to_owned()))
            }
        }
    }
}

#[async_trait]
impl Provider for OnnxProvider {
    fn model(&self) -> &str {
        &self.name
    }

    async fn read(&self, photo: &Photo) -> Result<MealReading, ProviderError> {
        let top = self.run(photo).await?;
        match self.labels.meal(top) {
            Some(meal) if top.probability >= LEAST_CONFIDENCE => Ok(meal),
            _ => Err(ProviderError::Permanent(NO_FOOD.to_owned())),
        }
    }
}
