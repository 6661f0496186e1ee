//! What was eaten against what should be.

use serde::{Deserialize, Serialize};

use super::goals::{Bound, Intake, Nutrition, Target};
use super::score::weighted;

/// What a day's nutrition score was computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// How many meals were logged.
    pub logs: usize,
    /// What they add up to, in thousandths.
    pub intake: Intake,
}

impl Inputs {
    /// Adds meals up.
    pub fn of<'a>(meals: impl Iterator<Item = &'a Intake>) -> Self {
        let mut inputs = Self { logs: 0, intake: Intake::new() };
        for meal in meals {
            inputs.logs += 1;
            for (nutrient, amount) in meal {
                *inputs.intake.entry(*nutrient).or_default() += amount;
            }
        }
        inputs
    }

    /// The share reached; none on a day nothing was logged.
    pub fn share(&self, goals: &Nutrition) -> Option<f64> {
        if self.logs == 0 {
            return None;
        }
        weighted(goals.targets.iter().map(|target| (target.weight, self.reached(target))))
    }

    /// A nutrient nobody wrote down, on a day with meals, was not eaten as far as MIN and RANGE go; but nobody has shown that
    /// it stayed below a MAX either, so that target says nothing.
    fn reached(&self, target: &Target) -> Option<f64> {
        match (self.intake.get(&target.nutrient), target.bound) {
            (None, Bound::Max(_)) => None,
            (intake, bound) => Some(reached(intake.copied().unwrap_or(0), bound)),
        }
    }
}

/// The share of a target that an intake reaches.
fn reached(intake: i64, bound: Bound) -> f64 {
    match bound {
        Bound::Min(least) => (intake as f64 / least as f64).min(1.0),
        Bound::Max(most) => beyond(intake - most, most),
        Bound::Range(low, _) if intake < low => beyond(low - intake, low),
        Bound::Range(_, high) => beyond(intake - high, high),
    }
}

/// Falls from 1 at a bound to 0 at half of it beyond.
fn beyond(excess: i64, bound: i64) -> f64 {
    if excess <= 0 { 1.0 } else { (1.0 - 2.0 * excess as f64 / bound as f64).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::goals::Nutrient::{Calories, FatG, ProteinG, SugarG};
    use crate::domain::score::Score;

    fn target(nutrient: super::super::goals::Nutrient, bound: Bound) -> Target {
        Target { nutrient, bound, weight: 1_000 }
    }

    fn hundredths(meals: &[Intake], targets: Vec<Target>) -> Option<i32> {
        let share = Inputs::of(meals.iter()).share(&Nutrition { weight: 1_000, targets });
        share.map(|share| Score::of(share).hundredths())
    }

    #[test]
    fn one_target_by_its_kind() {
        let cases = [
            (Bound::Min(60_000), 0, 0),
            (Bound::Min(60_000), 15_000, 2_500),
            (Bound::Min(60_000), 59_999, 10_000),
            (Bound::Min(60_000), 60_000, 10_000),
            (Bound::Min(60_000), 600_000, 10_000),
            (Bound::Min(7_000), 3_000, 4_286),
            (Bound::Max(40_000), 0, 10_000),
            (Bound::Max(40_000), 40_000, 10_000),
            (Bound::Max(40_000), 45_000, 7_500),
            (Bound::Max(40_000), 60_000, 0),
            (Bound::Max(40_000), 90_000, 0),
            (Bound::Range(1_000, 2_000), 0, 0),
            (Bound::Range(1_000, 2_000), 500, 0),
            (Bound::Range(1_000, 2_000), 750, 5_000),
            (Bound::Range(1_000, 2_000), 1_000, 10_000),
            (Bound::Range(1_000, 2_000), 2_000, 10_000),
            (Bound::Range(1_000, 2_000), 2_500, 5_000),
            (Bound::Range(1_000, 2_000), 3_000, 0),
            (Bound::Range(1_500, 1_500), 1_500, 10_000),
        ];
        for (bound, intake, expected) in cases {
            let meals = [Intake::from([(Calories, intake)])];
            assert_eq!(
                hundredths(&meals, vec![target(Calories, bound)]),
                Some(expected),
                "{bound:?} {intake}"
            );
        }
    }

    #[test]
    fn meals_add_up() {
        let meals = [Intake::from([(Calories, 300_000), (FatG, 1_000)]), Intake::from([(Calories, 200_000)])];
        assert_eq!(hundredths(&meals, vec![target(Calories, Bound::Min(1_000_000))]), Some(5_000));
        let inputs = Inputs::of(meals.iter());
        assert_eq!((inputs.logs, inputs.intake), (2, Intake::from([(Calories, 500_000), (FatG, 1_000)])));
    }

    #[test]
    fn a_day_without_a_meal_has_no_score() {
        assert_eq!(hundredths(&[], vec![target(SugarG, Bound::Max(1_000))]), None);
        assert_eq!(hundredths(&[], vec![target(ProteinG, Bound::Min(1_000))]), None);
    }

    #[test]
    fn what_nobody_wrote_down_never_earns_a_maximum() {
        let meal = [Intake::from([(Calories, 500_000)])];
        assert_eq!(hundredths(&meal, vec![target(SugarG, Bound::Max(1_000))]), None);
        assert_eq!(hundredths(&meal, vec![target(SugarG, Bound::Min(1_000))]), Some(0));
        assert_eq!(hundredths(&meal, vec![target(SugarG, Bound::Range(1, 1_000))]), Some(0));
        let both = vec![target(SugarG, Bound::Max(1_000)), target(Calories, Bound::Min(1_000_000))];
        assert_eq!(hundredths(&meal, both), Some(5_000));
        let none_eaten = [Intake::from([(SugarG, 0)])];
        assert_eq!(hundredths(&none_eaten, vec![target(SugarG, Bound::Max(1_000))]), Some(10_000));
    }

    #[test]
    fn targets_count_by_their_weights() {
        let heavy = Target { weight: 3_000, ..target(ProteinG, Bound::Min(100_000)) };
        let light = target(SugarG, Bound::Max(10_000));
        let meal = [Intake::from([(ProteinG, 100_000), (SugarG, 15_000)])];
        assert_eq!(hundredths(&meal, vec![heavy, light]), Some(7_500));
    }
}
