//! Food and drink.

use serde::{Deserialize, Serialize};

use super::{Fault, Flag};

/// Below this, in kcal, a label may round to nothing.
const NEGLIGIBLE_KCAL: f64 = 13.0;

/// Food and drink: at least one number, or an item.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct Nutrition {
    /// The energy, in kcal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calories: Option<f64>,
    /// What it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macros: Option<Macros>,
    /// Which meal it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meal: Option<Meal>,
    /// What was eaten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<FoodItem>,
}

/// The macronutrients, in grams.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct Macros {
    /// The protein.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protein_g: Option<f64>,
    /// The carbohydrates with fiber.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carbs_g: Option<f64>,
    /// The fat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fat_g: Option<f64>,
    /// The fiber, within the carbohydrates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiber_g: Option<f64>,
    /// The sugar, within the carbohydrates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sugar_g: Option<f64>,
}

/// The meal of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Meal {
    /// In the morning.
    Breakfast,
    /// At noon.
    Lunch,
    /// In the evening.
    Dinner,
    /// In between.
    Snack,
}

/// One food of a meal.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct FoodItem {
    /// What it is.
    pub name: String,
    /// How much of it, in grams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity_g: Option<f64>,
    /// Its energy, in kcal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calories: Option<f64>,
    /// How sure the reading of a photo is of it, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

impl Nutrition {
    /// Whether it says nothing at all, as the payload of a log that waits for its photo does.
    pub fn is_empty(&self) -> bool {
        self.says_nothing() && self.meal.is_none()
    }

    /// The energy of the meal: what was said, or else the sum of its items where each has one.
    pub fn energy(&self) -> Option<f64> {
        let of_items = || match self.items.is_empty() {
            true => None,
            false => self.items.iter().map(|item| item.calories).sum(),
        };
        self.calories.or_else(of_items)
    }

    fn says_nothing(&self) -> bool {
        let no_macros = self.macros.as_ref().is_none_or(|macros| *macros == Macros::default());
        self.calories.is_none() && no_macros && self.items.is_empty()
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        if self.says_nothing() {
            return vec![Fault::new("", "must have at least one number or item")];
        }
        self.macros.as_ref().map(Macros::faults).unwrap_or_default()
    }

    pub(super) fn flags(&self) -> Vec<Flag> {
        let of_macros = self.macros.as_ref().and_then(Macros::energy);
        match (self.calories, of_macros) {
            (Some(said), Some(implied)) if implausible(said, implied) => {
                let message = format!("does not fit the macros, which make up about {implied:.0} kcal");
                vec![Flag::new("calories", message)]
            }
            _ => Vec::new(),
        }
    }
}

impl Macros {
    fn faults(&self) -> Vec<Fault> {
        let Some(carbs) = self.carbs_g else { return Vec::new() };
        [("macros.fiber_g", self.fiber_g), ("macros.sugar_g", self.sugar_g)]
            .into_iter()
            .filter(|(_, part)| part.is_some_and(|part| part > carbs))
            .map(|(field, _)| Fault::new(field, "must not be more than carbs_g, of which it is a part"))
            .collect()
    }

    /// The energy the macros make up, by Atwater's factors with fiber at 2 kcal/g; `None` unless the main three are known.
    fn energy(&self) -> Option<f64> {
        let fiber = self.fiber_g.unwrap_or_default();
        Some(4.0 * self.protein_g? + 4.0 * (self.carbs_g? - fiber) + 2.0 * fiber + 9.0 * self.fat_g?)
    }
}

fn implausible(said: f64, implied: f64) -> bool {
    said.max(implied) > NEGLIGIBLE_KCAL && (said - implied).abs() > 0.3 * implied + 5.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macros(protein: f64, carbs: f64, fat: f64, fiber: Option<f64>, sugar: Option<f64>) -> Option<Macros> {
        let [protein_g, carbs_g, fat_g] = [protein, carbs, fat].map(Some);
        Some(Macros { protein_g, carbs_g, fat_g, fiber_g: fiber, sugar_g: sugar })
    }

    #[test]
    fn a_meal_says_at_least_one_number_or_item() {
        let item = FoodItem { name: "Apple".into(), ..FoodItem::default() };
        let fat = Macros { fat_g: Some(0.0), ..Macros::default() };
        for (nutrition, fine) in [
            (Nutrition::default(), false),
            (Nutrition { meal: Some(Meal::Lunch), ..Nutrition::default() }, false),
            (Nutrition { macros: Some(Macros::default()), ..Nutrition::default() }, false),
            (Nutrition { calories: Some(0.0), ..Nutrition::default() }, true),
            (Nutrition { macros: Some(fat), ..Nutrition::default() }, true),
            (Nutrition { items: vec![item], ..Nutrition::default() }, true),
        ] {
            assert_eq!(nutrition.faults().is_empty(), fine, "{nutrition:?}");
        }
    }

    #[test]
    fn fiber_and_sugar_are_parts_of_the_carbohydrates() {
        for (carbs, fiber, sugar, fields) in [
            (Some(10.0), Some(10.0), Some(10.0), &[][..]),
            (Some(10.0), Some(10.1), Some(10.0), &["macros.fiber_g"]),
            (Some(10.0), None, Some(10.1), &["macros.sugar_g"]),
            (Some(0.0), Some(1.0), Some(1.0), &["macros.fiber_g", "macros.sugar_g"]),
            (None, Some(500.0), Some(500.0), &[]),
        ] {
            let macros = Macros { carbs_g: carbs, fiber_g: fiber, sugar_g: sugar, ..Macros::default() };
            let found: Vec<_> = macros.faults().into_iter().map(|fault| fault.field).collect();
            assert_eq!(found, fields, "{carbs:?} {fiber:?} {sugar:?}");
        }
    }

    #[test]
    fn energy_that_does_not_fit_the_macros_is_flagged() {
        for (calories, macros, flagged) in [
            // 4 x 30 + 4 x 50 + 9 x 20 = 500: 345 to 655 fits
            (Some(345.0), macros(30.0, 50.0, 20.0, None, None), false),
            (Some(344.9), macros(30.0, 50.0, 20.0, None, None), true),
            (Some(655.0), macros(30.0, 50.0, 20.0, None, None), false),
            (Some(655.1), macros(30.0, 50.0, 20.0, None, None), true),
            // fiber counts half: 4 x 10 + 2 x 20 = 80: 51 to 109 fits
            (Some(109.0), macros(0.0, 30.0, 0.0, Some(20.0), Some(5.0)), false),
            (Some(110.0), macros(0.0, 30.0, 0.0, Some(20.0), Some(5.0)), true),
            // too little to tell
            (Some(13.0), macros(0.0, 0.0, 0.0, None, None), false),
            (Some(13.1), macros(0.0, 0.0, 0.0, None, None), true),
            (Some(0.0), macros(2.0, 1.25, 0.0, None, None), false),
            (Some(0.0), macros(25.0, 0.0, 0.0, None, None), true),
            // nothing to compare
            (None, macros(30.0, 50.0, 20.0, None, None), false),
            (
                Some(5000.0),
                Some(Macros { protein_g: Some(1.0), fat_g: Some(1.0), ..Macros::default() }),
                false,
            ),
            (Some(5000.0), None, false),
        ] {
            let nutrition = Nutrition { calories, macros, ..Nutrition::default() };
            let flags = nutrition.flags();
            assert_eq!(!flags.is_empty(), flagged, "{nutrition:?} {flags:?}");
            assert!(flags.iter().all(|flag| flag.field == "calories"));
        }
    }

    #[test]
    fn the_energy_is_what_was_said_or_the_sum_of_the_items() {
        let item = |calories| FoodItem { name: "x".into(), calories, ..FoodItem::default() };
        for (calories, items, energy) in [
            (Some(100.0), vec![item(Some(1.0))], Some(100.0)),
            (None, vec![item(Some(1.0)), item(Some(2.0))], Some(3.0)),
            (None, vec![item(Some(1.0)), item(None)], None),
            (None, vec![], None),
        ] {
            assert_eq!(Nutrition { calories, items, ..Nutrition::default() }.energy(), energy);
        }
    }
}
