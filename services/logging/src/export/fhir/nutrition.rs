//! A meal: its energy, what it is made of, and what was eaten.

use serde_json::{Value, json};

use super::observation::{About, part};
use super::terms::{self, loinc, loinc_as, ours, quantity};
use crate::domain::payload::{FoodItem, Meal, Nutrition};

const KCAL: (&str, &str) = ("kcal", "kcal");
const GRAMS: (&str, &str) = ("g", "g");

/// The meal as one observation.
pub fn observation(about: &About<'_>, meal: &Nutrition) -> Value {
    let observation = about.observation("meal", "social-history", loinc_as("80453-4", "Food and drink"));
    let mut parts = Vec::new();
    if let Some(kcal) = meal.energy() {
        parts.push(json!({"code": loinc(&[terms::ENERGY]), "valueQuantity": quantity(kcal, KCAL)}));
    }
    let macros = meal.macros.clone().unwrap_or_default();
    for (nutrient, grams) in [
        ("protein_g", macros.protein_g),
        ("carbs_g", macros.carbs_g),
        ("fat_g", macros.fat_g),
        ("fiber_g", macros.fiber_g),
        ("sugar_g", macros.sugar_g),
    ] {
        let part =
            |grams| json!({"code": ours("nutrient", nutrient), "valueQuantity": quantity(grams, GRAMS)});
        parts.extend(grams.map(part));
    }
    if let Some(which) = meal.meal {
        parts.push(json!({"code": ours("nutrition", "meal"), "valueString": name(which)}));
    }
    parts.extend(meal.items.iter().flat_map(item));
    about.with_components(observation, parts)
}

fn name(meal: Meal) -> &'static str {
    match meal {
        Meal::Breakfast => "BREAKFAST",
        Meal::Lunch => "LUNCH",
        Meal::Dinner => "DINNER",
        Meal::Snack => "SNACK",
    }
}

/// A food: how much of it, and its energy; or only that it was eaten.
fn item(food: &FoodItem) -> Vec<Value> {
    let amount = food.quantity_g.map(|grams| part(&food.name, quantity(grams, GRAMS)));
    let energy = food.calories.map(|kcal| part(&food.name, quantity(kcal, KCAL)));
    let parts: Vec<Value> = amount.into_iter().chain(energy).collect();
    if parts.is_empty() { vec![json!({"code": {"text": food.name}, "valueBoolean": true})] } else { parts }
}

#[cfg(test)]
mod tests {
    use super::super::observation::{observations, tests::entered};
    use super::*;
    use crate::domain::payload::{Macros, Payload};

    #[test]
    fn a_meal_is_told_with_its_energy_and_its_foods() {
        let food = |name: &str, quantity_g| FoodItem { name: name.into(), quantity_g, ..FoodItem::default() };
        let meal = Nutrition {
            calories: Some(512.5),
            macros: Some(Macros { protein_g: Some(30.0), ..Macros::default() }),
            meal: Some(Meal::Lunch),
            items: vec![food("Dal", Some(180.0)), food("Papad", None)],
        };
        let seen = observations(5, &entered(Payload::Nutrition(meal)));
        assert_eq!(seen[0]["code"]["coding"][0]["code"], "80453-4");
        let parts = seen[0]["component"].as_array().unwrap();
        assert_eq!(parts[0]["code"]["coding"][0]["code"], "9052-2");
        assert_eq!(parts[0]["valueQuantity"], quantity(512.5, KCAL));
        assert_eq!(
            parts[1]["code"]["coding"][0],
            json!({"system": "urn:praan:nutrient", "code": "protein_g"})
        );
        assert_eq!(parts[2]["valueString"], "LUNCH");
        assert_eq!(parts[3], json!({"code": {"text": "Dal"}, "valueQuantity": quantity(180.0, GRAMS)}));
        assert_eq!(parts[4], json!({"code": {"text": "Papad"}, "valueBoolean": true}));
    }
}
