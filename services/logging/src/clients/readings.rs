//! The readings of photos.

use chassis::mesh::found;
use chassis::{Error, Link};
use proto::ai_inference::v1::ai_inference_service_client::AiInferenceServiceClient;
use proto::ai_inference::v1::inference::Outcome;
use proto::ai_inference::v1::{GetInferenceRequest, MealReading, RecognisedFood};

use crate::domain::log::Reading;
use crate::domain::payload::{FoodItem, Macros, Nutrition, Payload};

/// The ai-inference service, as the keeper of readings.
#[derive(Clone)]
pub struct Readings {
    client: AiInferenceServiceClient<Link>,
}

impl Readings {
    /// Asks over `link`.
    pub fn new(link: Link) -> Self {
        Self { client: AiInferenceServiceClient::new(link) }
    }

    /// What a log's photo was read as, and whether a checked copy is kept; `None` while it is not read.
    pub async fn of_log(&self, log_id: i64) -> Result<Option<(Reading, bool)>, Error> {
        let Some(inference) = found(self.client.clone().get_inference(GetInferenceRequest { log_id }).await)?
        else {
            return Ok(None);
        };
        let reading = match inference.outcome {
            Some(Outcome::Meal(meal)) => Reading::Meal(payload(meal)),
            Some(Outcome::Failure(failure)) => Reading::Failure(failure.reason),
            None => return Err(Error::internal("an inference has no outcome")),
        };
        Ok(Some((reading, inference.photo_kept)))
    }

    /// Which model read a log's photo; `None` while it is not read.
    pub async fn model(&self, log_id: i64) -> Result<Option<String>, Error> {
        let found = found(self.client.clone().get_inference(GetInferenceRequest { log_id }).await)?;
        Ok(found.map(|inference| inference.model))
    }
}

fn payload(meal: MealReading) -> Payload {
    let item = |food: RecognisedFood| FoodItem {
        name: food.name,
        quantity_g: Some(food.quantity_g),
        calories: Some(food.calories),
        confidence: Some(food.confidence),
    };
    Payload::Nutrition(Nutrition {
        calories: Some(meal.calories),
        macros: Some(Macros {
            protein_g: Some(meal.protein_g),
            carbs_g: Some(meal.carbs_g),
            fat_g: Some(meal.fat_g),
            fiber_g: Some(meal.fiber_g),
            sugar_g: Some(meal.sugar_g),
        }),
        meal: None,
        items: meal.items.into_iter().map(item).collect(),
    })
}
