//! The readings of photos.

use chassis::mesh::{answered, found};
use chassis::{Error, Link};
use proto::ai_inference::v1::ai_inference_service_client::AiInferenceServiceClient;
use proto::ai_inference::v1::inference::Outcome;
use proto::ai_inference::v1::{
    Failure, GetInferenceRequest, Inference, KeepInferencesRequest, MealReading, RecognisedFood,
};

use crate::domain::Scope;
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

    /// How many readings [`Readings::keep`] takes.
    pub const AT_ONCE: usize = 100;

    /// Keeps what models have read elsewhere, by log and model, of photos that are not here.
    pub async fn keep(&self, scope: Scope, readings: &[(i64, String, Reading)]) -> Result<(), Error> {
        let inference = |(log_id, model, reading): &(i64, String, Reading)| Inference {
            log_id: *log_id,
            outcome: Some(match reading {
                Reading::Meal(meal) => Outcome::Meal(reading_of(meal)),
                Reading::Failure(reason) => Outcome::Failure(Failure { reason: reason.clone() }),
            }),
            model: model.clone(),
            photo_kept: false,
        };
        let Scope { family_id, program_id } = scope;
        let inferences = readings.iter().map(inference).collect();
        let request = KeepInferencesRequest { family_id, program_id, inferences };
        answered(self.client.clone().keep_inferences(request).await).map(drop)
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

/// What was read, as its keeper has it: what a reading leaves open, it holds none of.
fn reading_of(payload: &Payload) -> MealReading {
    let Payload::Nutrition(meal) = payload else { return MealReading::default() };
    let macros = meal.macros.clone().unwrap_or_default();
    let food = |item: &FoodItem| RecognisedFood {
        name: item.name.clone(),
        quantity_g: item.quantity_g.unwrap_or_default(),
        calories: item.calories.unwrap_or_default(),
        confidence: item.confidence.unwrap_or_default(),
    };
    MealReading {
        calories: meal.calories.unwrap_or_default(),
        protein_g: macros.protein_g.unwrap_or_default(),
        carbs_g: macros.carbs_g.unwrap_or_default(),
        fat_g: macros.fat_g.unwrap_or_default(),
        fiber_g: macros.fiber_g.unwrap_or_default(),
        sugar_g: macros.sugar_g.unwrap_or_default(),
        items: meal.items.iter().map(food).collect(),
    }
}
