//! The model: read once, and run on one picture after the other.

use std::path::Path;
use std::sync::Arc;

use chassis::Error;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

use crate::picture::{self, Size};

/// No model for pictures of a plate wants more, and no view has more to give.
const LONGEST_SIDE: usize = 1_024;

const NO_MODEL: &str = "it must be a model in the format ONNX, as PyTorch and others export it";
const NO_PICTURE: &str =
    "it must take one picture as 1×3×H×W numbers of 32 bits, with H and W fixed, at most 1024";
const NO_PLAN: &str = "it has a step that this runtime lacks, or steps that do not fit together";

/// A model that is ready to run.
pub struct Model {
    plan: Arc<TypedRunnableModel>,
    size: Size,
}

impl Model {
    /// Reads a model.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let wrong = |error: TractError| {
            Error::illegal_state(format!("the model file {} cannot be used: {error:#}", path.display()))
        };
        let model = tract_onnx::onnx().model_for_path(path).map_err(|e| wrong(e.context(NO_MODEL)))?;
        let size = size(&model).ok_or_else(|| wrong(TractError::msg(NO_PICTURE)))?;
        let plan = prepare(model, size).map_err(|e| wrong(e.context(NO_PLAN)))?;
        Ok(Self { plan, size })
    }

    /// What it makes of an empty picture.
    pub fn scores_of_nothing(&self) -> Result<Vec<f32>, Error> {
        let nothing = vec![0.0; 3 * self.pixels()];
        self.run(&nothing).map_err(|error| Error::illegal_state(format!("the model does not run: {error:#}")))
    }

    /// What it makes of a picture; none when it fails. Takes a while: not for an async thread.
    pub fn scores(&self, jpeg: &[u8]) -> Option<Vec<f32>> {
        self.run(&picture::channels(jpeg, self.size).ok()?).ok()
    }

    fn run(&self, channels: &[f32]) -> TractResult<Vec<f32>> {
        let Size { width, height } = self.size;
        let input = Tensor::from_shape(&[1, 3, height as usize, width as usize], channels)?;
        let outputs = self.plan.run(tvec![input.into()])?;
        let first = outputs.first().ok_or_else(|| TractError::msg("it has no output"))?;
        let scores = first.cast_to::<f32>()?;
        Ok(scores.to_plain_array_view::<f32>()?.iter().copied().collect())
    }

    fn pixels(&self) -> usize {
        self.size.width as usize * self.size.height as usize
    }
}

/// The size of the picture that a model takes; none if it takes something else.
fn size(model: &InferenceModel) -> Option<Size> {
    let [_] = model.input_outlets().ok()? else { return None };
    let fact: &InferenceFact = model.input_fact(0).ok()?;
    let known: Vec<Option<usize>> = fact.shape.dims().map(|dim| dim.concretize()?.to_usize().ok()).collect();
    // how many pictures at once may be left open
    let [None | Some(1), Some(3), Some(height @ 1..=LONGEST_SIDE), Some(width @ 1..=LONGEST_SIDE)] =
        known[..]
    else {
        return None;
    };
    let numbers = fact.datum_type.concretize()? == f32::datum_type();
    let side = |side: usize| u32::try_from(side).ok();
    numbers.then_some(Size { width: side(width)?, height: side(height)? })
}

fn prepare(model: InferenceModel, size: Size) -> TractResult<Arc<TypedRunnableModel>> {
    let shape = [1, 3, size.height as usize, size.width as usize];
    let one = InferenceFact::dt_shape(f32::datum_type(), shape);
    model.with_input_fact(0, one)?.into_optimized()?.into_runnable()
}
