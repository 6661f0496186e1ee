//! What a model reads from a picture.

use std::io::Cursor;

use ai_inference::provider::{Provider, ProviderError};
use ai_inference::{MealReading, Photo};
use bytes::Bytes;
use image::{ImageFormat, Rgb, RgbImage};
use onnx::OnnxProvider;

use crate::network::{Files, LABELS, Network};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
/// What a model is trained to see as nothing in particular.
const MEAN: [u8; 3] = [124, 116, 104];
const NO_FOOD: &str = "No food could be told from the photo. Please enter the meal by hand.";
const FAILED: &str = "The photo could not be read. Please enter the meal by hand.";

fn photo(color: [u8; 3], width: u32, height: u32) -> Photo {
    let mut jpeg = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb(color)).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    shown(jpeg.into_inner())
}

fn shown(view: Vec<u8>) -> Photo {
    Photo {
        jpeg: Bytes::from_static(b"only the view is looked at"),
        view: view.into(),
        thumbnail: Bytes::new(),
        width: 0,
        height: 0,
        digest: [0; 32],
    }
}

fn provider(network: &Network) -> OnnxProvider {
    Files::of(Some(network.encoded()), Some(LABELS)).load().unwrap()
}

async fn read(provider: &OnnxProvider, color: [u8; 3]) -> Result<MealReading, ProviderError> {
    provider.read(&photo(color, 64, 64)).await
}

fn name(meal: &MealReading) -> &str {
    &meal.items[0].name
}

#[tokio::test]
async fn a_red_picture_is_a_tomato_and_a_green_one_spinach() {
    for last in [None, Some("Softmax")] {
        let provider = provider(&Network { last, ..Network::default() });
        assert_eq!(provider.model(), "onnx/plates");
        let tomato = read(&provider, RED).await.unwrap();
        assert_eq!((name(&tomato), tomato.calories, tomato.sugar_g), ("Tomato", 22.0, 3.1));
        let food = &tomato.items[0];
        assert_eq!((food.quantity_g, food.calories, food.confidence), (120.0, 22.0, 0.97), "{last:?}");
        let spinach = read(&provider, GREEN).await.unwrap();
        assert_eq!((name(&spinach), spinach.calories, spinach.protein_g), ("Spinach", 18.0, 2.3));
        assert!(tomato.is_possible() && spinach.is_possible());
    }
}

#[test]
fn the_model_on_file_is_the_one_that_is_made_here() {
    assert_eq!(Network::default().encoded(), include_bytes!("../plates.onnx"));
}

#[tokio::test]
async fn a_picture_of_any_shape_fits_into_a_model_of_any() {
    let shape = [None, Some(3), Some(7), Some(12)].to_vec();
    let provider = provider(&Network { shape, ..Network::default() });
    for (width, height) in [(1, 1), (3, 400), (400, 3), (1_024, 768)] {
        let meal = provider.read(&photo(RED, width, height)).await.unwrap();
        assert_eq!(name(&meal), "Tomato", "{width} x {height}");
    }
}

#[tokio::test]
async fn what_the_model_is_not_sure_of_is_not_guessed() {
    let unsure = read(&provider(&Network::default()), MEAN).await;
    assert_eq!(unsure.err(), Some(ProviderError::Permanent(NO_FOOD.into())));
}

#[tokio::test]
async fn what_the_model_holds_for_no_food_is_none() {
    let bias = [-1.0, -1.0, -1.0, 2.0];
    let provider = provider(&Network { bias, ..Network::default() });
    assert_eq!(read(&provider, MEAN).await.err(), Some(ProviderError::Permanent(NO_FOOD.into())));
    assert_eq!(name(&read(&provider, RED).await.unwrap()), "Tomato");
}

#[tokio::test]
async fn what_is_no_number_is_no_meal() {
    for nothing in [f32::NAN, f32::INFINITY] {
        let bias = [nothing, 0.0, 0.0, 0.0];
        let failed = read(&provider(&Network { bias, ..Network::default() }), RED).await;
        assert_eq!(failed.err(), Some(ProviderError::Permanent(FAILED.into())), "{nothing}");
    }
}

#[tokio::test]
async fn a_view_that_cannot_be_looked_at_is_a_failure_with_a_reason() {
    let failed = provider(&Network::default()).read(&shown(b"no picture".to_vec())).await;
    assert_eq!(failed.err(), Some(ProviderError::Permanent(FAILED.into())));
}

#[tokio::test]
async fn many_at_once_are_all_read() {
    let provider = std::sync::Arc::new(provider(&Network::default()));
    let mut reads = tokio::task::JoinSet::new();
    for nth in 0..64 {
        let provider = provider.clone();
        let (color, food) = if nth % 2 == 0 { (RED, "Tomato") } else { (GREEN, "Spinach") };
        reads.spawn(async move { assert_eq!(name(&read(&provider, color).await.unwrap()), food) });
    }
    while let Some(read) = reads.join_next().await {
        read.unwrap();
    }
}
