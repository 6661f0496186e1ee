//! The service at its door.

use chassis::{Error, call};
use proto::ai_inference::v1 as wire;
use proto::ai_inference::v1::ai_inference_service_server::AiInferenceService;
use proto::ai_inference::v1::inference;
use tonic::{Request, Response, Status};

use crate::domain::outcome::Outcome;
use crate::domain::reading::{Food, MealReading};
use crate::store::{Inference, Store};

/// The ai-inference service.
pub struct AiInference {
    pub(crate) store: Store,
}

#[tonic::async_trait]
impl AiInferenceService for AiInference {
    async fn get_inference(
        &self,
        request: Request<wire::GetInferenceRequest>,
    ) -> Result<Response<wire::Inference>, Status> {
        let log_id = call::internal(request)?.log_id;
        let inference = self.store.of_log(log_id).await?;
        let inference =
            inference.ok_or_else(|| Error::not_found("the photo of this log has not been read"))?;
        Ok(Response::new(encode(log_id, inference)))
    }

    async fn keep_inferences(
        &self,
        request: Request<wire::KeepInferencesRequest>,
    ) -> Result<Response<wire::KeepInferencesResponse>, Status> {
        let wire::KeepInferencesRequest { family_id, program_id, inferences } = call::internal(request)?;
        let inferences = inferences.into_iter().map(decode).collect::<Result<_, Error>>()?;
        self.store.keep_all(family_id, program_id, inferences).await?;
        Ok(Response::new(wire::KeepInferencesResponse {}))
    }
}

fn decode(inference: wire::Inference) -> Result<(i64, Inference), Error> {
    let outcome = match inference.outcome {
        Some(inference::Outcome::Meal(meal)) => Outcome::Meal(decode_meal(meal)),
        Some(inference::Outcome::Failure(failure)) => Outcome::failure(failure.reason),
        None => return Err(Error::invalid("inferences", "must have an outcome each")),
    };
    let wire::Inference { log_id, model, photo_kept, .. } = inference;
    Ok((log_id, Inference { outcome, model, photo_kept }))
}

fn decode_meal(meal: wire::MealReading) -> MealReading {
    let food = |wire::RecognisedFood { name, quantity_g, calories, confidence }| Food {
        name,
        quantity_g,
        calories,
        confidence,
    };
    MealReading {
        calories: meal.calories,
        protein_g: meal.protein_g,
        carbs_g: meal.carbs_g,
        fat_g: meal.fat_g,
        fiber_g: meal.fiber_g,
        sugar_g: meal.sugar_g,
        items: meal.items.into_iter().map(food).collect(),
    }
}

fn encode(log_id: i64, inference: Inference) -> wire::Inference {
    let outcome = match inference.outcome {
        Outcome::Meal(meal) => inference::Outcome::Meal(encode_meal(meal)),
        Outcome::Failure(failure) => inference::Outcome::Failure(wire::Failure { reason: failure.reason }),
    };
    wire::Inference {
        log_id,
        outcome: Some(outcome),
        model: inference.model,
        photo_kept: inference.photo_kept,
    }
}

fn encode_meal(meal: MealReading) -> wire::MealReading {
    let food = |Food { name, quantity_g, calories, confidence }| wire::RecognisedFood {
        name,
        quantity_g,
        calories,
        confidence,
    };
    wire::MealReading {
        calories: meal.calories,
        protein_g: meal.protein_g,
        carbs_g: meal.carbs_g,
        fat_g: meal.fat_g,
        fiber_g: meal.fiber_g,
        sugar_g: meal.sugar_g,
        items: meal.items.into_iter().map(food).collect(),
    }
}
