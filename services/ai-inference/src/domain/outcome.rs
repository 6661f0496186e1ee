//! How the reading of a photo ended.

use serde::{Deserialize, Serialize};

use super::photo::Refusal;
use super::reading::MealReading;

/// How the reading of a photo ended, as it is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What is on the plate.
    Meal(MealReading),
    /// Why it could not be read.
    Failure(Failure),
}

/// Why a photo could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A sentence the user can read.
    pub reason: String,
}

impl Outcome {
    /// A failure with its reason.
    pub fn failure(reason: impl Into<String>) -> Self {
        Self::Failure(Failure { reason: reason.into() })
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::failure(refusal.reason())
    }
}
