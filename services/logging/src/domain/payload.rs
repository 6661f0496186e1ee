//! What a log says. The range of each number is a rule of the contract and checked before anything gets here; these are
//! the rules between the numbers, and the flags on values that are possible, yet unlikely.

use serde::Serialize;

pub mod checkin;
pub mod nutrition;
pub mod workout;

pub use checkin::Checkin;
pub use nutrition::{FoodItem, Macros, Meal, Nutrition};
pub use workout::{Exercise, Set, Workout};

use super::Fault;

/// A kind of health log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogType {
    /// Food and drink.
    Nutrition,
    /// Strength training.
    Workout,
    /// Vital signs.
    Checkin,
}

impl LogType {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Nutrition, Self::Workout, Self::Checkin];

    /// The name it has at the edge.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nutrition => "NUTRITION",
            Self::Workout => "WORKOUT",
            Self::Checkin => "CHECKIN",
        }
    }

    /// The name of its case in the contract, which leads the path of a fault.
    pub fn case(self) -> &'static str {
        match self {
            Self::Nutrition => "nutrition",
            Self::Workout => "workout",
            Self::Checkin => "checkin",
        }
    }

    /// What stands for it in the database, where each byte is kept millions of times.
    pub fn letter(self) -> &'static str {
        &self.name()[..1]
    }

    /// Reads its letter.
    pub fn of_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.letter() == letter)
    }
}

/// A value that is possible, yet unlikely. It is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// The path of the value in the payload.
    pub field: String,
    /// What is unlikely about it.
    pub message: String,
}

impl Flag {
    fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// What a log says, by kind.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub enum Payload {
    /// Food and drink.
    Nutrition(Nutrition),
    /// Strength training.
    Workout(Workout),
    /// Vital signs.
    Checkin(Checkin),
}

impl Payload {
    /// What a log says whose photo is still to be read, or could not be.
    pub fn unread() -> Self {
        Self::Nutrition(Nutrition::default())
    }

    /// Its kind.
    pub fn log_type(&self) -> LogType {
        match self {
            Self::Nutrition(_) => LogType::Nutrition,
            Self::Workout(_) => LogType::Workout,
            Self::Checkin(_) => LogType::Checkin,
        }
    }

    /// Checks the rules between the numbers; the paths start with the case of the contract.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        let mut faults = match self {
            Self::Nutrition(nutrition) => nutrition.faults(),
            Self::Workout(workout) => workout.faults(),
            Self::Checkin(checkin) => checkin.faults(),
        };
        for fault in &mut faults {
            let dot = if fault.field.is_empty() { "" } else { "." };
            fault.field = format!("{}{dot}{}", self.log_type().case(), fault.field);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Points at values that are possible, yet unlikely.
    pub fn flags(&self) -> Vec<Flag> {
        match self {
            Self::Nutrition(nutrition) => nutrition.flags(),
            Self::Workout(_) => Vec::new(),
            Self::Checkin(checkin) => checkin.flags(),
        }
    }

    /// Writes it as it is stored.
    pub fn to_json(&self) -> serde_json::Result<serde_json::Value> {
        match self {
            Self::Nutrition(nutrition) => serde_json::to_value(nutrition),
            Self::Workout(workout) => serde_json::to_value(workout),
            Self::Checkin(checkin) => serde_json::to_value(checkin),
        }
    }

    /// Reads it as it was stored.
    pub fn from_json(kind: LogType, json: serde_json::Value) -> serde_json::Result<Self> {
        Ok(match kind {
            LogType::Nutrition => Self::Nutrition(serde_json::from_value(json)?),
            LogType::Workout => Self::Workout(serde_json::from_value(json)?),
            LogType::Checkin => Self::Checkin(serde_json::from_value(json)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_found_under_the_case_of_the_contract() {
        let faults = |payload: Payload| -> Vec<String> {
            payload.check().unwrap_err().into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(faults(Payload::unread()), ["nutrition"]);
        let checkin = Checkin { systolic: Some(120.0), ..Checkin::default() };
        assert_eq!(faults(Payload::Checkin(checkin)), ["checkin.diastolic"]);
        let set = Set { weight_kg: Some(20.0), ..Set::default() };
        let workout = Workout {
            exercises: vec![Exercise { name: "Row".into(), sets: vec![set] }],
            ..Workout::default()
        };
        assert_eq!(faults(Payload::Workout(workout)), ["workout.exercises[0].sets[0].reps"]);
    }

    #[test]
    fn a_payload_is_read_as_it_was_stored_and_leaves_out_what_was_not_said() {
        let nutrition = Nutrition {
            calories: Some(512.5),
            macros: Some(Macros { protein_g: Some(30.0), ..Macros::default() }),
            meal: Some(Meal::Lunch),
            items: vec![FoodItem { name: "Dal".into(), quantity_g: Some(180.0), ..FoodItem::default() }],
        };
        let json = Payload::Nutrition(nutrition.clone()).to_json().unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "calories": 512.5, "macros": {"protein_g": 30.0}, "meal": "LUNCH",
                "items": [{"name": "Dal", "quantity_g": 180.0}],
            })
        );
        assert_eq!(Payload::from_json(LogType::Nutrition, json).unwrap(), Payload::Nutrition(nutrition));
        assert_eq!(Payload::unread().to_json().unwrap(), serde_json::json!({}));
        assert_eq!(
            Payload::from_json(LogType::Checkin, serde_json::json!({})).unwrap().log_type(),
            LogType::Checkin
        );
    }

    #[test]
    fn every_kind_is_found_by_its_letter() {
        for kind in LogType::ALL {
            assert_eq!(LogType::of_letter(kind.letter()), Some(kind));
        }
        assert_eq!((LogType::of_letter("n"), LogType::of_letter("NUTRITION")), (None, None));
    }
}
