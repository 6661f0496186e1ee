//! Providers that fail, and what they say that cannot be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ai_inference::provider::{Provider, ProviderError};
use ai_inference::{Config, MealReading, Photo};
use async_trait::async_trait;
use image::ImageFormat;

use crate::house::{House, quick};
use crate::photos::encoded;

/// Does as it is told at each asking.
struct Told<F> {
    asked: AtomicU32,
    answer: F,
}

#[async_trait]
impl<F: Fn(u32) -> Result<MealReading, ProviderError> + Send + Sync + 'static> Provider for Told<F> {
    fn model(&self) -> &str {
        "told/1"
    }

    async fn read(&self, photo: &Photo) -> Result<MealReading, ProviderError> {
        assert_eq!(image::load_from_memory(&photo.jpeg).unwrap().width(), photo.width);
        (self.answer)(self.asked.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

fn told<F: Fn(u32) -> Result<MealReading, ProviderError> + Send + Sync + 'static>(answer: F) -> Arc<Told<F>> {
    Arc::new(Told { asked: AtomicU32::new(0), answer })
}

fn busy() -> Result<MealReading, ProviderError> {
    Err(ProviderError::Transient("busy".into()))
}

fn soup() -> MealReading {
    MealReading { calories: 120.0, carbs_g: 20.0, ..MealReading::default() }
}

async fn read_by(config: Config, provider: Arc<dyn Provider>) -> House {
    let house = House::with(config, provider).await;
    house.upload(1, &encoded(7, ImageFormat::Jpeg)).await;
    house.announce(1).await;
    house
}

#[tokio::test]
async fn a_provider_that_is_busy_is_asked_again() {
    let provider = told(|nth| if nth < 5 { busy() } else { Ok(soup()) });
    let mut house = read_by(quick(), provider.clone()).await;
    assert_eq!(house.meal(1).await.calories, 120.0);
    assert_eq!(house.inference(1).await.unwrap().model, "told/1");
    assert_eq!(provider.asked.load(Ordering::SeqCst), 5);
    assert_eq!(house.announced().await, [1]);
}

#[tokio::test]
async fn a_provider_that_stays_busy_is_given_up_after_five_tries() {
    let provider = told(|_| busy());
    let mut house = read_by(quick(), provider.clone()).await;
    assert!(house.failure(1).await.contains("could not be read in time"));
    assert_eq!(provider.asked.load(Ordering::SeqCst), 5);
    assert!(house.inference(1).await.unwrap().photo_kept && house.kept(1).await.is_some());
    assert_eq!(house.announced().await, [1]);
}

#[tokio::test]
async fn what_a_provider_can_never_read_is_not_asked_again() {
    let provider = told(|_| Err(ProviderError::Permanent("There is no food in this photo.".into())));
    let house = read_by(quick(), provider.clone()).await;
    assert_eq!(house.failure(1).await, "There is no food in this photo.");
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_reading_that_cannot_be_is_refused() {
    let nonsense: [fn(&mut MealReading); 4] = [
        |meal| meal.calories = 20_001.0,
        |meal| meal.protein_g = -1.0,
        |meal| meal.fat_g = f64::NAN,
        |meal| meal.fiber_g = meal.carbs_g + 1.0,
    ];
    for spoil in nonsense {
        let provider = told(move |_| {
            let mut meal = soup();
            spoil(&mut meal);
            Ok(meal)
        });
        let house = read_by(quick(), provider.clone()).await;
        assert!(house.failure(1).await.contains("cannot be a meal"));
        assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_provider_that_panics_has_only_failed() {
    let provider = told(|nth| if nth == 1 { panic!("at the first photo") } else { Ok(soup()) });
    assert_eq!(read_by(quick(), provider).await.meal(1).await.calories, 120.0);
    let provider = told(|_| panic!("at every photo"));
    assert!(read_by(quick(), provider).await.failure(1).await.contains("could not be read in time"));
}

/// Never answers.
struct Silent;

#[async_trait]
impl Provider for Silent {
    fn model(&self) -> &str {
        "silent/1"
    }

    async fn read(&self, _: &Photo) -> Result<MealReading, ProviderError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up() {
    // long enough to fetch, decode and keep the photo, even on a busy machine
    let config = Config { attempts: 2, patience: Duration::from_secs(3), ..quick() };
    let house = read_by(config, Arc::new(Silent)).await;
    assert!(house.failure(1).await.contains("could not be read in time"));
    assert!(house.inference(1).await.unwrap().photo_kept && house.kept(1).await.is_some());
}
