//! Payloads between the contract and the domain.

use chassis::Error;
use proto::logging::v1 as wire;
use proto::logging::v1::{amend_log_request, create_log_request, log, recorded_revision};

use crate::domain::payload::{Checkin, Exercise, FoodItem, Macros, Meal, Nutrition, Payload, Set, Workout};

/// Nothing was said.
pub fn missing() -> Error {
    Error::invalid("payload", "is required")
}

impl From<create_log_request::Payload> for Payload {
    fn from(payload: create_log_request::Payload) -> Self {
        match payload {
            create_log_request::Payload::Nutrition(meal) => Self::Nutrition(meal.into()),
            create_log_request::Payload::Workout(session) => Self::Workout(session.into()),
            create_log_request::Payload::Checkin(vitals) => Self::Checkin(vitals.into()),
        }
    }
}

impl From<amend_log_request::Payload> for Payload {
    fn from(payload: amend_log_request::Payload) -> Self {
        match payload {
            amend_log_request::Payload::Nutrition(meal) => Self::Nutrition(meal.into()),
            amend_log_request::Payload::Workout(session) => Self::Workout(session.into()),
            amend_log_request::Payload::Checkin(vitals) => Self::Checkin(vitals.into()),
        }
    }
}

impl From<recorded_revision::Payload> for Payload {
    fn from(payload: recorded_revision::Payload) -> Self {
        match payload {
            recorded_revision::Payload::Nutrition(meal) => Self::Nutrition(meal.into()),
            recorded_revision::Payload::Workout(session) => Self::Workout(session.into()),
            recorded_revision::Payload::Checkin(vitals) => Self::Checkin(vitals.into()),
        }
    }
}

impl From<Payload> for log::Payload {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Nutrition(meal) => Self::Nutrition(meal.into()),
            Payload::Workout(session) => Self::Workout(session.into()),
            Payload::Checkin(vitals) => Self::Checkin(vitals.into()),
        }
    }
}

/// Writes the conversion of a message both ways, field by field; after the semicolon stand the lists.
macro_rules! both_ways {
    ($domain:ident = $wire:ident { $($same:ident),* $(; $($list:ident),*)? }) => {
        impl From<wire::$wire> for $domain {
            fn from(it: wire::$wire) -> Self {
                Self { $($same: it.$same,)* $($($list: it.$list.into_iter().map(Into::into).collect(),)*)? }
            }
        }

        impl From<$domain> for wire::$wire {
            fn from(it: $domain) -> Self {
                Self { $($same: it.$same,)* $($($list: it.$list.into_iter().map(Into::into).collect(),)*)? }
            }
        }
    };
}

both_ways!(Macros = Macros { protein_g, carbs_g, fat_g, fiber_g, sugar_g });
both_ways!(FoodItem = FoodItem { name, quantity_g, calories, confidence });
both_ways!(Workout = Workout { duration_min; exercises });
both_ways!(Exercise = Exercise { name; sets });
both_ways!(Set = ExerciseSet { reps, weight_kg, rpe, duration_s });
both_ways!(
    Checkin = Checkin {
        systolic,
        diastolic,
        heart_rate,
        spo2,
        temperature_c,
        respiratory_rate,
        glucose_mg_dl,
        weight_kg,
        height_cm,
        pain
    }
);

impl From<wire::Nutrition> for Nutrition {
    fn from(meal: wire::Nutrition) -> Self {
        let which = match meal.meal() {
            wire::Meal::Unspecified => None,
            wire::Meal::Breakfast => Some(Meal::Breakfast),
            wire::Meal::Lunch => Some(Meal::Lunch),
            wire::Meal::Dinner => Some(Meal::Dinner),
            wire::Meal::Snack => Some(Meal::Snack),
        };
        Self {
            calories: meal.calories,
            macros: meal.macros.map(Into::into),
            meal: which,
            items: meal.items.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Nutrition> for wire::Nutrition {
    fn from(meal: Nutrition) -> Self {
        let which = meal.meal.map(|meal| match meal {
            Meal::Breakfast => wire::Meal::Breakfast,
            Meal::Lunch => wire::Meal::Lunch,
            Meal::Dinner => wire::Meal::Dinner,
            Meal::Snack => wire::Meal::Snack,
        });
        Self {
            calories: meal.calories,
            macros: meal.macros.map(Into::into),
            meal: which.map(Into::into),
            items: meal.items.into_iter().map(Into::into).collect(),
        }
    }
}
