//! What was read elsewhere is kept, unless the house has read the photo itself.

use image::ImageFormat;
use proto::ai_inference::v1::inference::Outcome;
use proto::ai_inference::v1::{Failure, Inference, KeepInferencesRequest, MealReading, RecognisedFood};

use crate::house::{FAMILY, House};
use crate::photos::encoded;

fn elsewhere(log_id: i64, outcome: Outcome) -> Inference {
    Inference { log_id, outcome: Some(outcome), model: "elsewhere/7".into(), photo_kept: false }
}

fn meal() -> Outcome {
    let dal = RecognisedFood { name: "Dal".into(), quantity_g: 180.0, calories: 190.0, confidence: 0.75 };
    Outcome::Meal(MealReading { calories: 190.0, protein_g: 9.5, items: vec![dal], ..Default::default() })
}

#[tokio::test]
async fn what_was_read_elsewhere_is_kept_once_and_announced_to_nobody() {
    let mut house = House::open().await;
    house.upload(1, &encoded(1, ImageFormat::Jpeg)).await;
    house.announce(1).await;
    let own = house.inference(1).await.unwrap();
    assert_eq!(house.announced().await, [1]);
    let failed = Outcome::Failure(Failure { reason: "too dark".into() });
    let inferences = vec![elsewhere(1, meal()), elsewhere(2, meal()), elsewhere(3, failed)];
    for _ in 0..2 {
        let request =
            KeepInferencesRequest { family_id: FAMILY, program_id: 5, inferences: inferences.clone() };
        house.keep(request).await.unwrap();
    }
    assert_eq!(house.inference(1).await.unwrap(), own);
    assert_eq!(house.inference(2).await.unwrap(), inferences[1]);
    assert_eq!(house.failure(3).await, "too dark");
    assert_eq!(house.announced().await, [0_i64; 0]);
    let without = Inference { log_id: 4, ..Inference::default() };
    let request = KeepInferencesRequest { family_id: FAMILY, program_id: 5, inferences: vec![without] };
    assert_eq!(house.keep(request).await.unwrap_err().kind(), chassis::Kind::Invalid);
}
