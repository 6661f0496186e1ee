use proto::program::v1 as wire;
use serde::{Deserialize, Serialize};

use super::Faults;

/// What to measure.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Clinical {
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    checks: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Check {
    metric: String,
    #[serde(flatten)]
    often: Often,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Target>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Often {
    #[serde(rename = "times_per_day")]
    Daily(i32),
    #[serde(rename = "times_per_week")]
    Weekly(i32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Target {
    low: f64,
    high: f64,
}

impl Clinical {
    pub(super) fn read(goals: &wire::ClinicalGoals, path: &str, faults: &mut Faults) -> Self {
        let mut checks = Vec::with_capacity(goals.checks.len());
        for (n, check) in goals.checks.iter().enumerate() {
            let path = format!("{path}.checks[{n}]");
            if goals.checks[..n].iter().any(|earlier| earlier.metric == check.metric) {
                faults.add(format!("{path}.metric"), "must not have two checks");
            }
            if check.target.as_ref().is_some_and(|target| target.low > target.high) {
                faults.add(format!("{path}.target.high"), "must not be below low");
            }
            let target = check.target.as_ref().map(|target| Target { low: target.low, high: target.high });
            let often = Often::read(check, &path, faults);
            checks.extend(often.map(|often| Check { metric: check.metric.clone(), often, target }));
        }
        Self { weight: goals.weight, checks }
    }

    pub(super) fn to_wire(&self) -> wire::ClinicalGoals {
        wire::ClinicalGoals { weight: self.weight, checks: self.checks.iter().map(Check::to_wire).collect() }
    }
}

impl Check {
    fn to_wire(&self) -> wire::ClinicalCheck {
        let (times_per_day, times_per_week) = match self.often {
            Often::Daily(times) => (Some(times), None),
            Often::Weekly(times) => (None, Some(times)),
        };
        let target =
            self.target.as_ref().map(|target| wire::ControlRange { low: target.low, high: target.high });
        wire::ClinicalCheck { metric: self.metric.clone(), times_per_day, times_per_week, target }
    }
}

impl Often {
    fn read(check: &wire::ClinicalCheck, path: &str, faults: &mut Faults) -> Option<Self> {
        match (check.times_per_day, check.times_per_week) {
            (Some(times), None) => Some(Often::Daily(times)),
            (None, Some(times)) => Some(Often::Weekly(times)),
            (None, None) => {
                faults.add(format!("{path}.times_per_day"), "must be given, unless times_per_week is");
                None
            }
            (Some(_), Some(_)) => {
                faults.add(format!("{path}.times_per_week"), "must not be given beside times_per_day");
                None
            }
        }
    }
}
