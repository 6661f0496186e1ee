use proto::program::v1 as wire;
use serde::{Deserialize, Serialize};

use super::Faults;

/// What to eat in a day.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Nutrition {
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    targets: Vec<Target>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Target {
    nutrient: String,
    #[serde(flatten)]
    bound: Bound,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "UPPERCASE")]
enum Bound {
    Min { value: f64 },
    Max { value: f64 },
    Range { low: f64, high: f64 },
}

impl Nutrition {
    pub(super) fn read(goals: &wire::NutritionGoals, path: &str, faults: &mut Faults) -> Self {
        let mut targets = Vec::with_capacity(goals.targets.len());
        for (n, target) in goals.targets.iter().enumerate() {
            let path = format!("{path}.targets[{n}]");
            let same = |earlier: &&wire::NutrientTarget| {
                (&earlier.nutrient, earlier.kind) == (&target.nutrient, target.kind)
            };
            if goals.targets[..n].iter().any(|earlier| same(&earlier)) {
                faults.add(format!("{path}.nutrient"), "must not have two targets of one kind");
            }
            let bound = Bound::read(target, &path, faults);
            targets.extend(bound.map(|bound| Target {
                nutrient: target.nutrient.clone(),
                bound,
                weight: target.weight,
            }));
        }
        Self { weight: goals.weight, targets }
    }

    pub(super) fn to_wire(&self) -> wire::NutritionGoals {
        wire::NutritionGoals {
            weight: self.weight,
            targets: self.targets.iter().map(Target::to_wire).collect(),
        }
    }
}

impl Target {
    fn to_wire(&self) -> wire::NutrientTarget {
        let (kind, value, low, high) = match self.bound {
            Bound::Min { value } => (wire::TargetKind::Min, Some(value), None, None),
            Bound::Max { value } => (wire::TargetKind::Max, Some(value), None, None),
            Bound::Range { low, high } => (wire::TargetKind::Range, None, Some(low), Some(high)),
        };
        let nutrient = self.nutrient.clone();
        wire::NutrientTarget { nutrient, kind: kind.into(), value, low, high, weight: self.weight }
    }
}

impl Bound {
    fn read(target: &wire::NutrientTarget, path: &str, faults: &mut Faults) -> Option<Self> {
        let expected: [(&str, Option<f64>, bool); 3] = match target.kind() {
            wire::TargetKind::Range => {
                [("value", target.value, false), ("low", target.low, true), ("high", target.high, true)]
            }
            _ => [("value", target.value, true), ("low", target.low, false), ("high", target.high, false)],
        };
        let mut complete = true;
        for (field, given, wanted) in expected {
            if given.is_some() != wanted {
                complete = false;
                let message =
                    if wanted { "is required for this kind" } else { "does not belong to this kind" };
                faults.add(format!("{path}.{field}"), message);
            }
        }
        let bound = match (target.kind(), target.value, target.low, target.high) {
            (wire::TargetKind::Min, Some(value), ..) => Bound::Min { value },
            (wire::TargetKind::Max, Some(value), ..) => Bound::Max { value },
            (wire::TargetKind::Range, _, Some(low), Some(high)) if low <= high => Bound::Range { low, high },
            (wire::TargetKind::Range, _, Some(_), Some(_)) => {
                faults.add(format!("{path}.high"), "must not be below low");
                return None;
            }
            _ => return None,
        };
        complete.then_some(bound)
    }
}
