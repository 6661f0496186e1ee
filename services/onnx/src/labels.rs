//! The foods that a model tells apart, in the order of its outputs, and what a portion of each holds.

use std::path::Path;

use ai_inference::{Food, MealReading};
use chassis::Error;
use serde::Deserialize;

use crate::scores::Top;

/// One food of the file: what is usually on a plate, and what 100 g of it hold, in grams and kcal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    name: String,
    portion_g: f64,
    calories: f64,
    protein_g: f64,
    carbs_g: f64,
    fat_g: f64,
    fiber_g: f64,
    sugar_g: f64,
}

/// The foods, each as a meal of one portion; none for an output that stands for no food.
pub struct Labels(Vec<Option<MealReading>>);

impl Labels {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let wrong = |why: String| {
            let what = "it must be a JSON list as `praan --help` describes it";
            Error::illegal_state(format!("the labels file {} cannot be used: {what}: {why}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let labels: Vec<Option<Label>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let meals = labels.into_iter().map(|label| label.map(portion).transpose());
        meals.collect::<Result<_, _>>().map(Self)
    }

    /// How many outputs a model must have.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A portion of the likeliest food.
    pub fn meal(&self, top: Top) -> Option<MealReading> {
        let mut meal = self.0.get(top.nth)?.clone()?;
        for food in &mut meal.items {
            food.confidence = (top.probability * 100.0).round() / 100.0;
        }
        Some(meal)
    }
}

/// A portion as a meal, in tenths of a gram and whole kilocalories.
fn portion(label: Label) -> Result<MealReading, String> {
    let Label { name, portion_g, .. } = label;
    let of = |per_100_g: f64| (per_100_g * portion_g / 10.0).round() / 10.0;
    let calories = (label.calories * portion_g / 100.0).round();
    let meal = MealReading {
        calories,
        protein_g: of(label.protein_g),
        carbs_g: of(label.carbs_g),
        fat_g: of(label.fat_g),
        fiber_g: of(label.fiber_g),
        sugar_g: of(label.sugar_g),
        items: vec![Food { name: name.clone(), quantity_g: portion_g, calories, confidence: 1.0 }],
    };
    if meal.is_possible() { Ok(meal) } else { Err(format!("a portion of \"{name}\" cannot be what it says")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAL: &str = r#"{"name": "Dal", "portion_g": 180, "calories": 116, "protein_g": 6, "carbs_g": 15.5, "fat_g": 2.6,
        "fiber_g": 5.2, "sugar_g": 1.4}"#;

    #[test]
    fn a_portion_is_what_100_g_hold_times_its_weight() {
        let labels = Labels::parse(&format!("[null, {DAL}]")).ok().unwrap();
        assert_eq!(labels.len(), 2);
        let of = |nth| labels.meal(Top { nth, probability: 0.8349 });
        assert!(of(0).is_none() && of(2).is_none(), "what stands for no food is none");
        let meal = of(1).unwrap();
        assert_eq!((meal.calories, meal.protein_g, meal.carbs_g, meal.fat_g), (209.0, 10.8, 27.9, 4.7));
        assert_eq!((meal.fiber_g, meal.sugar_g, meal.items.len()), (9.4, 2.5, 1));
        let dal = &meal.items[0];
        assert_eq!(
            (dal.name.as_str(), dal.quantity_g, dal.calories, dal.confidence),
            ("Dal", 180.0, 209.0, 0.83)
        );
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (was, is) in [
            ("116", "-1"),
            ("116", "90000"),
            ("5.2", "15.6"),
            ("\"Dal\"", "\"\""),
            ("180", "1e300"),
            ("180", "10001"),
        ] {
            let why = Labels::parse(&format!("[{}]", DAL.replace(was, is))).err();
            assert!(why.is_some_and(|why| why.contains("cannot be what it says")), "{was} is {is}");
        }
        for (was, is) in [("\"sugar_g\": 1.4", "\"salt_g\": 1"), ("180", "\"much\""), ("}", "")] {
            let why = Labels::parse(&format!("[{}]", DAL.replace(was, is))).err();
            assert!(why.is_some_and(|why| why.contains("line")), "{was} is {is}");
        }
    }
}
