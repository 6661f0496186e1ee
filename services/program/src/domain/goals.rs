//! The goals of a program, as they are once they make sense together. The contract has checked each number's range; what
//! follows here are the rules between fields.

mod clinical;
mod nutrition;
mod strength;
#[cfg(test)]
mod tests;

use chassis::FieldError;
use proto::program::v1 as wire;
use serde::{Deserialize, Serialize};

pub use clinical::Clinical;
pub use nutrition::Nutrition;
pub use strength::Strength;

/// The goals of one version: those of every phase, and those that replace them in one.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Goals {
    /// What to eat.
    pub nutrition: Option<Nutrition>,
    /// How to train.
    pub strength: Option<Strength>,
    /// What to measure.
    pub clinical: Option<Clinical>,
    /// What is different in a phase.
    pub phases: Vec<Phase>,
}

/// What is different in one phase.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Phase {
    /// The phase, 1 to 3.
    pub phase: i32,
    /// What to eat, if not as in the other phases.
    pub nutrition: Option<Nutrition>,
    /// How to train, if not as in the other phases.
    pub strength: Option<Strength>,
    /// What to measure, if not as in the other phases.
    pub clinical: Option<Clinical>,
}

/// The domains whose goals somebody may see: those whose kind of log the somebody may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domains {
    /// What to eat.
    pub nutrition: bool,
    /// How to train.
    pub strength: bool,
    /// What to measure.
    pub clinical: bool,
}

impl Phase {
    fn says_something(&self) -> bool {
        self.nutrition.is_some() || self.strength.is_some() || self.clinical.is_some()
    }
}

impl Goals {
    /// Reads goals that stand at `path` of a request: `""`, or one that ends in a dot.
    pub fn read(goals: &wire::Goals, path: &str) -> Result<Self, Vec<FieldError>> {
        let mut faults = Faults::default();
        let phases = goals.phases.iter().enumerate();
        let read = Self {
            nutrition: read_nutrition(goals.nutrition_goals.as_ref(), path, &mut faults),
            strength: read_strength(goals.strength_goals.as_ref(), path, &mut faults),
            clinical: read_clinical(goals.clinical_goals.as_ref(), path, &mut faults),
            phases: phases
                .map(|(n, phase)| read_phase(phase, &format!("{path}phases[{n}]."), &mut faults))
                .collect(),
        };
        for (n, phase) in goals.phases.iter().enumerate() {
            if goals.phases[..n].iter().any(|earlier| earlier.phase == phase.phase) {
                faults.add(format!("{path}phases[{n}].phase"), "must not be the phase of another entry");
            }
        }
        if faults.0.is_empty() { Ok(read) } else { Err(faults.0) }
    }

    /// The goals in the domains that somebody may see. A phase of which nothing is left is not mentioned.
    pub fn seen(self, domains: Domains) -> Self {
        let Domains { nutrition, strength, clinical } = domains;
        let phase = |phase: Phase| Phase {
            phase: phase.phase,
            nutrition: phase.nutrition.filter(|_| nutrition),
            strength: phase.strength.filter(|_| strength),
            clinical: phase.clinical.filter(|_| clinical),
        };
        Self {
            nutrition: self.nutrition.filter(|_| nutrition),
            strength: self.strength.filter(|_| strength),
            clinical: self.clinical.filter(|_| clinical),
            phases: match domains {
                Domains { nutrition: true, strength: true, clinical: true } => self.phases,
                _ => self.phases.into_iter().map(phase).filter(Phase::says_something).collect(),
            },
        }
    }

    /// The goals as the contract writes them.
    pub fn to_wire(&self) -> wire::Goals {
        let phase = |phase: &Phase| wire::PhaseGoals {
            phase: phase.phase,
            nutrition_goals: phase.nutrition.as_ref().map(Nutrition::to_wire),
            strength_goals: phase.strength.as_ref().map(Strength::to_wire),
            clinical_goals: phase.clinical.as_ref().map(Clinical::to_wire),
        };
        wire::Goals {
            nutrition_goals: self.nutrition.as_ref().map(Nutrition::to_wire),
            strength_goals: self.strength.as_ref().map(Strength::to_wire),
            clinical_goals: self.clinical.as_ref().map(Clinical::to_wire),
            phases: self.phases.iter().map(phase).collect(),
        }
    }
}

fn read_phase(phase: &wire::PhaseGoals, path: &str, faults: &mut Faults) -> Phase {
    Phase {
        phase: phase.phase,
        nutrition: read_nutrition(phase.nutrition_goals.as_ref(), path, faults),
        strength: read_strength(phase.strength_goals.as_ref(), path, faults),
        clinical: read_clinical(phase.clinical_goals.as_ref(), path, faults),
    }
}

fn read_nutrition(
    goals: Option<&wire::NutritionGoals>,
    path: &str,
    faults: &mut Faults,
) -> Option<Nutrition> {
    goals.map(|goals| Nutrition::read(goals, &format!("{path}nutrition_goals"), faults))
}

fn read_strength(goals: Option<&wire::StrengthGoals>, path: &str, faults: &mut Faults) -> Option<Strength> {
    goals.and_then(|goals| Strength::read(goals, &format!("{path}strength_goals"), faults))
}

fn read_clinical(goals: Option<&wire::ClinicalGoals>, path: &str, faults: &mut Faults) -> Option<Clinical> {
    goals.map(|goals| Clinical::read(goals, &format!("{path}clinical_goals"), faults))
}

/// What is wrong so far: a caller learns of all of it at once.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: String, message: &str) {
        self.0.push(FieldError { field, message: message.into() });
    }
}
