//! What a model answered, held to be a stranger's word. The sums are ours: models list well and add badly.

use serde::Deserialize;

use crate::domain::reading::{Food, MealReading};

/// So many foods fit on a plate that anybody photographs.
pub const MOST_ITEMS: usize = 30;
/// Long enough for any food, and too short for a story.
pub const LONGEST_NAME: usize = 80;
/// What a user is told of an answer that is none.
pub const UNREADABLE: &str = "What was read from the photo makes no sense. Please enter the meal by hand.";
const DECLINED: &str = "The photo was not read as a meal. Please enter the meal by hand.";
const NO_FOOD: &str = "No food was found in the photo. Please enter the meal by hand, or take another photo.";

/// The part of a completion that matters; the rest is the server's own.
#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    finish_reason: Option<String>,
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plate {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    name: String,
    quantity_g: f64,
    calories: f64,
    protein_g: f64,
    carbs_g: f64,
    fat_g: f64,
    fiber_g: f64,
    sugar_g: f64,
    confidence: f64,
}

/// Reads a completion; what is none, or cannot be a meal, is a reason for the user.
pub fn read(body: &[u8]) -> Result<MealReading, &'static str> {
    let completion: Completion = serde_json::from_slice(body).map_err(|_| UNREADABLE)?;
    let Choice { finish_reason, message } = completion.choices.into_iter().next().ok_or(UNREADABLE)?;
    if message.refusal.is_some() || finish_reason.as_deref() == Some("content_filter") {
        return Err(DECLINED);
    }
    // what was cut short may still be JSON
    if finish_reason.as_deref().is_some_and(|reason| reason != "stop") {
        return Err(UNREADABLE);
    }
    let plate: Plate = serde_json::from_str(&message.content.ok_or(UNREADABLE)?).map_err(|_| UNREADABLE)?;
    if plate.items.is_empty() {
        return Err(NO_FOOD);
    }
    if plate.items.len() > MOST_ITEMS || !plate.items.iter().all(Item::is_possible) {
        return Err(UNREADABLE);
    }
    let meal = plate.served();
    if meal.is_possible() { Ok(meal) } else { Err(UNREADABLE) }
}

impl Plate {
    fn served(self) -> MealReading {
        let sum = |of: fn(&Item) -> f64| (self.items.iter().map(of).sum::<f64>() * 10.0).round() / 10.0;
        MealReading {
            calories: sum(|item| item.calories),
            protein_g: sum(|item| item.protein_g),
            carbs_g: sum(|item| item.carbs_g),
            fat_g: sum(|item| item.fat_g),
            fiber_g: sum(|item| item.fiber_g),
            sugar_g: sum(|item| item.sugar_g),
            items: self.items.into_iter().map(Item::served).collect(),
        }
    }
}

impl Item {
    /// Each by itself, or a negative number could hide in the sum.
    fn is_possible(&self) -> bool {
        let alone = MealReading {
            calories: self.calories,
            protein_g: self.protein_g,
            carbs_g: self.carbs_g,
            fat_g: self.fat_g,
            fiber_g: self.fiber_g,
            sugar_g: self.sugar_g,
            items: Vec::new(),
        };
        alone.is_possible() && is_a_name(&self.name)
    }

    fn served(self) -> Food {
        let Self { name, quantity_g, calories, confidence, .. } = self;
        Food { name: name.trim().to_owned(), quantity_g, calories, confidence }
    }
}

/// A name is shown to people as it is: no markup, no link, no second line.
fn is_a_name(name: &str) -> bool {
    !name.trim().is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.contains("://")
        && !name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '{' | '}'))
}

#[cfg(test)]
mod tests;
