//! What a provider says is on the plate, and whether that can be.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

const MOST_ITEMS: usize = 50;
const LONGEST_NAME: usize = 200;
const CALORIES: RangeInclusive<f64> = 0.0..=20_000.0;

/// What is on the plate.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct MealReading {
    /// The energy, in kcal.
    pub calories: f64,
    /// The protein, in grams.
    pub protein_g: f64,
    /// The carbohydrates with fiber, in grams.
    pub carbs_g: f64,
    /// The fat, in grams.
    pub fat_g: f64,
    /// The fiber, in grams.
    pub fiber_g: f64,
    /// The sugar, in grams.
    pub sugar_g: f64,
    /// The foods that were recognised.
    pub items: Vec<Food>,
}

/// A food that was recognised.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Food {
    /// What it is.
    pub name: String,
    /// How much of it, in grams.
    pub quantity_g: f64,
    /// Its energy, in kcal.
    pub calories: f64,
    /// How sure the model is, 0 to 1.
    pub confidence: f64,
}

impl MealReading {
    /// Whether every number is within the range a person could have entered. What is not, is never stored.
    pub fn is_possible(&self) -> bool {
        let numbers = [
            (self.calories, CALORIES),
            (self.protein_g, 0.0..=2_000.0),
            (self.carbs_g, 0.0..=4_000.0),
            (self.fat_g, 0.0..=2_000.0),
            (self.fiber_g, 0.0..=self.carbs_g.min(500.0)),
            (self.sugar_g, 0.0..=self.carbs_g.min(2_000.0)),
        ];
        numbers.iter().all(|(number, range)| range.contains(number))
            && self.items.len() <= MOST_ITEMS
            && self.items.iter().all(Food::is_possible)
    }
}

impl Food {
    fn is_possible(&self) -> bool {
        (1..=LONGEST_NAME).contains(&self.name.chars().count())
            && !self.name.contains('\0')
            && (0.0..=10_000.0).contains(&self.quantity_g)
            && CALORIES.contains(&self.calories)
            && (0.0..=1.0).contains(&self.confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn food() -> Food {
        Food { name: "Dal".into(), quantity_g: 180.0, calories: 190.0, confidence: 0.9 }
    }

    fn reading() -> MealReading {
        MealReading {
            calories: 190.0,
            carbs_g: 30.0,
            fiber_g: 9.0,
            items: vec![food()],
            ..MealReading::default()
        }
    }

    #[test]
    fn the_bounds_are_possible_and_what_is_beyond_is_not() {
        type Set = fn(&mut MealReading, f64);
        let fields: [(&str, f64, Set); 9] = [
            ("calories", 20_000.0, |reading, to| reading.calories = to),
            ("protein_g", 2_000.0, |reading, to| reading.protein_g = to),
            ("carbs_g", 4_000.0, |reading, to| (reading.carbs_g, reading.fiber_g) = (to, 0.0)),
            ("fat_g", 2_000.0, |reading, to| reading.fat_g = to),
            ("fiber_g", 500.0, |reading, to| (reading.carbs_g, reading.fiber_g) = (4_000.0, to)),
            ("sugar_g", 2_000.0, |reading, to| (reading.carbs_g, reading.sugar_g) = (4_000.0, to)),
            ("quantity_g", 10_000.0, |reading, to| reading.items[0].quantity_g = to),
            ("item calories", 20_000.0, |reading, to| reading.items[0].calories = to),
            ("confidence", 1.0, |reading, to| reading.items[0].confidence = to),
        ];
        for (field, most, set) in fields {
            for (value, possible) in [
                (0.0, true),
                (most, true),
                (most + 0.01, false),
                (-0.01, false),
                (f64::NAN, false),
                (f64::INFINITY, false),
            ] {
                let mut reading = reading();
                set(&mut reading, value);
                assert_eq!(reading.is_possible(), possible, "{field} {value}");
            }
        }
    }

    #[test]
    fn a_part_is_not_more_than_the_whole() {
        for (fiber_g, sugar_g, possible) in [(30.0, 30.0, true), (30.1, 0.0, false), (0.0, 30.1, false)] {
            assert_eq!(
                MealReading { fiber_g, sugar_g, ..reading() }.is_possible(),
                possible,
                "{fiber_g} {sugar_g}"
            );
        }
    }

    #[test]
    fn names_and_lists_have_their_lengths() {
        for (name, possible) in [
            ("é".repeat(200), true),
            ("é".repeat(201), false),
            (String::new(), false),
            ("a\0b".into(), false),
        ] {
            let items = vec![Food { name, ..food() }];
            assert_eq!(MealReading { items, ..reading() }.is_possible(), possible);
        }
        for (count, possible) in [(0, true), (50, true), (51, false)] {
            assert_eq!(
                MealReading { items: vec![food(); count], ..reading() }.is_possible(),
                possible,
                "{count}"
            );
        }
    }
}
