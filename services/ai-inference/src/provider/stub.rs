//! A provider without a model. What it says depends on the bytes of the upload and on nothing else: the same photo is the
//! same meal, on every machine and in every run.

use async_trait::async_trait;

use super::{Provider, ProviderError};
use crate::domain::photo::Photo;
use crate::domain::reading::{Food, MealReading};

/// A food, with the macronutrients of 100 g in grams.
struct Entry {
    name: &'static str,
    protein: f64,
    carbs: f64,
    fat: f64,
    fiber: f64,
    sugar: f64,
}

const fn entry(name: &'static str, [protein, carbs, fat, fiber, sugar]: [f64; 5]) -> Entry {
    Entry { name, protein, carbs, fat, fiber, sugar }
}

const FOODS: [Entry; 12] = [
    entry("Steamed rice", [2.7, 28.2, 0.3, 0.4, 0.1]),
    entry("Dal", [6.0, 15.5, 2.6, 5.2, 1.4]),
    entry("Chapati", [9.6, 46.4, 7.5, 7.3, 2.7]),
    entry("Grilled chicken", [29.0, 0.0, 5.2, 0.0, 0.0]),
    entry("Paneer curry", [9.8, 5.9, 14.6, 1.2, 3.1]),
    entry("Yogurt", [3.5, 4.7, 3.3, 0.0, 4.7]),
    entry("Mixed salad", [1.3, 4.1, 0.2, 1.8, 2.2]),
    entry("Boiled egg", [12.6, 1.1, 10.6, 0.0, 1.1]),
    entry("Oatmeal", [2.5, 12.0, 1.5, 1.7, 0.5]),
    entry("Banana", [1.1, 22.8, 0.3, 2.6, 12.2]),
    entry("Baked salmon", [22.1, 0.0, 12.4, 0.0, 0.0]),
    entry("Vegetable curry", [2.3, 9.2, 4.9, 2.9, 3.6]),
];

/// Steps through the table that meet every entry before they meet one again.
const STEPS: [usize; 4] = [1, 5, 7, 11];
const SMALLEST_PORTION_G: usize = 80;
const LARGEST_PORTION_G: usize = 350;

/// The provider that needs no model: deterministic in the SHA-256 of the upload.
#[derive(Clone, Copy, Debug, Default)]
pub struct StubProvider;

#[async_trait]
impl Provider for StubProvider {
    fn model(&self) -> &str {
        "stub/1"
    }

    async fn read(&self, photo: &Photo) -> Result<MealReading, ProviderError> {
        Ok(plate(&photo.digest))
    }
}

fn plate(digest: &[u8; 32]) -> MealReading {
    let byte = |at: usize| usize::from(digest[at]);
    let (first, step) = (byte(0), STEPS[byte(1) % STEPS.len()]);
    let mut meal = MealReading::default();
    for nth in 0..1 + byte(2) % 3 {
        let entry = &FOODS[(first + nth * step) % FOODS.len()];
        let span = LARGEST_PORTION_G - SMALLEST_PORTION_G + 1;
        let portion = SMALLEST_PORTION_G + (byte(4 + 3 * nth) << 8 | byte(5 + 3 * nth)) % span;
        let confidence = (60 + byte(6 + 3 * nth) % 40) as f64 / 100.0;
        serve(&mut meal, entry, portion as f64, confidence);
    }
    meal.calories = meal.items.iter().map(|food| food.calories).sum();
    meal
}

/// Puts a portion on the plate, in tenths of a gram and whole kilocalories.
fn serve(meal: &mut MealReading, entry: &Entry, portion_g: f64, confidence: f64) {
    let of = |per_100_g: f64| tenths(per_100_g * portion_g / 100.0);
    let (protein, carbs, fat) = (of(entry.protein), of(entry.carbs), of(entry.fat));
    let (fiber, sugar) = (of(entry.fiber), of(entry.sugar));
    let calories = (4.0 * protein + 4.0 * (carbs - fiber) + 2.0 * fiber + 9.0 * fat).round();
    meal.protein_g = tenths(meal.protein_g + protein);
    meal.carbs_g = tenths(meal.carbs_g + carbs);
    meal.fat_g = tenths(meal.fat_g + fat);
    meal.fiber_g = tenths(meal.fiber_g + fiber);
    meal.sugar_g = tenths(meal.sugar_g + sugar);
    meal.items.push(Food { name: entry.name.to_owned(), quantity_g: portion_g, calories, confidence });
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use aws_lc_rs::digest;

    use super::*;

    fn plate_of(seed: u32) -> MealReading {
        let hash = digest::digest(&digest::SHA256, &seed.to_be_bytes());
        plate(hash.as_ref().try_into().unwrap())
    }

    #[test]
    fn the_same_bytes_are_the_same_meal_and_others_are_mostly_another() {
        assert_eq!(plate_of(1), plate_of(1));
        let meals: HashSet<String> = (0..100).map(|seed| format!("{:?}", plate_of(seed))).collect();
        assert!(meals.len() > 95, "{}", meals.len());
    }

    #[test]
    fn every_plate_is_plausible() {
        let mut sizes = HashSet::new();
        for seed in 0..5_000 {
            let meal = plate_of(seed);
            assert!(meal.is_possible(), "{meal:?}");
            sizes.insert(meal.items.len());
            let names: HashSet<&str> = meal.items.iter().map(|food| food.name.as_str()).collect();
            assert_eq!(names.len(), meal.items.len(), "{meal:?}");
            assert!(meal.items.iter().all(|food| (80.0..=350.0).contains(&food.quantity_g)), "{meal:?}");
            let implied = 4.0 * meal.protein_g
                + 4.0 * (meal.carbs_g - meal.fiber_g)
                + 2.0 * meal.fiber_g
                + 9.0 * meal.fat_g;
            assert!((meal.calories - implied).abs() <= 2.0, "{meal:?} {implied}");
        }
        assert_eq!(sizes, HashSet::from([1, 2, 3]));
    }
}
