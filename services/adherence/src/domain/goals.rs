//! What a day asks for. All quantities and weights are whole thousandths.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What to eat in a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nutrition {
    /// How much nutrition counts in the total.
    pub weight: i64,
    /// The targets.
    pub targets: Vec<Target>,
}

/// A day's target for one nutrient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The nutrient.
    pub nutrient: Nutrient,
    /// Which side is good.
    pub bound: Bound,
    /// How much it counts among the targets.
    pub weight: i64,
}

/// Which side of a target is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Bound {
    /// At least this.
    Min(i64),
    /// At most this.
    Max(i64),
    /// From the first to the second.
    Range(i64, i64),
}

/// Something a meal contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nutrient {
    /// Energy, in kcal.
    Calories,
    /// Protein, in grams.
    ProteinG,
    /// Carbohydrates, in grams.
    CarbsG,
    /// Fat, in grams.
    FatG,
    /// Fiber, in grams.
    FiberG,
    /// Sugar, in grams.
    SugarG,
}

/// How much of what was eaten. A nutrient nobody wrote down is absent, which is not zero.
pub type Intake = BTreeMap<Nutrient, i64>;

/// How to train in a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// How much strength counts in the total.
    pub weight: i64,
    /// The sessions planned an ISO week.
    pub sessions_per_week: i64,
    /// What makes a session a whole one.
    pub session: WholeSession,
}

/// What makes a session a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WholeSession {
    /// So many sets, in thousandths.
    Sets(i64),
    /// So many minutes, in thousandths.
    Minutes(i64),
}

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clinical {
    /// How much the check-ins count in the total.
    pub weight: i64,
    /// The checks, each metric once.
    pub checks: Vec<Check>,
}

/// How often to measure one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What to measure.
    pub metric: String,
    /// How often.
    pub often: Often,
    /// Where the value should be, from the first to the second.
    pub target: Option<(i64, i64)>,
}

/// How often to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Often {
    /// So many times a day.
    Daily(i64),
    /// So many times an ISO week.
    Weekly(i64),
}

/// One version of the goals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Counted from 1.
    pub version: i32,
    /// The first day it holds.
    pub effective_date: chrono::NaiveDate,
    /// The goals of every phase.
    pub goals: Goals,
    /// What is different in a phase.
    pub phases: Vec<(i32, Goals)>,
}

/// The goals of the three domains; a domain without goals asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goals {
    /// What to eat.
    pub nutrition: Option<Nutrition>,
    /// How to train.
    pub strength: Option<Strength>,
    /// What to measure.
    pub clinical: Option<Clinical>,
}
