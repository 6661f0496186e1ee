//! The measurements that were taken against those expected, and, apart from that, how many were where they should be.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::goals::{Clinical, Often};
use super::history::History;
use super::plan::Plan;
use super::week;

/// What a day's clinical score was computed from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Every check of the day.
    pub checks: Vec<CheckInputs>,
    /// The day's measurements that have a target.
    pub with_target: i64,
    /// Those of them within it.
    pub within_target: i64,
}

/// How one check stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInputs {
    /// What was measured.
    pub metric: String,
    /// How often it should have been: that day, or in the ISO week so far.
    pub expected: i64,
    /// How often it was.
    pub done: i64,
}

impl Inputs {
    /// Looks at the day, and for weekly checks at the week so far. Only days that ask for measurements count.
    pub fn of(goals: &Clinical, plan: &Plan, history: &History, day: NaiveDate) -> Self {
        let week: Vec<_> =
            week::so_far(day).into_iter().filter(|day| plan.asked(*day).clinical.is_some()).collect();
        let mut inputs = Self::default();
        for check in &goals.checks {
            let taken = |on: NaiveDate| history.measurements(on).filter(|taken| taken.metric == check.metric);
            let (expected, done) = match check.often {
                Often::Daily(times) => (times, taken(day).count()),
                Often::Weekly(times) => {
                    (week::due(times, week.len()), week.iter().map(|day| taken(*day).count()).sum())
                }
            };
            inputs.checks.push(CheckInputs { metric: check.metric.clone(), expected, done: done as i64 });
            if let Some((low, high)) = check.target {
                inputs.with_target += taken(day).count() as i64;
                inputs.within_target +=
                    taken(day).filter(|taken| (low..=high).contains(&taken.value)).count() as i64;
            }
        }
        inputs
    }

    /// The share of the expected measurements that were taken; none when none is expected yet.
    pub fn share(&self) -> Option<f64> {
        let expected: i64 = self.checks.iter().map(|check| check.expected).sum();
        let done: i64 = self.checks.iter().map(|check| check.done.min(check.expected)).sum();
        (expected > 0).then(|| done as f64 / expected as f64)
    }

    /// The share of the day's measurements with a target that are within it; none without any.
    pub fn control(&self) -> Option<f64> {
        (self.with_target > 0).then(|| self.within_target as f64 / self.with_target as f64)
    }

    /// Whether anything asked for was measured.
    pub fn known(&self) -> bool {
        self.checks.iter().any(|check| check.done > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{checkin, day, plan, version};
    use crate::domain::goals::{Check, Goals};
    use crate::domain::plan::Pause;
    use crate::domain::score::Score;

    fn check(metric: &str, often: Often, target: Option<(i64, i64)>) -> Check {
        Check { metric: metric.into(), often, target }
    }

    /// A plan from Monday, 5 January 2026.
    fn measuring(checks: Vec<Check>) -> Plan {
        let mut plan = plan("2026-01-05");
        let clinical = Some(Clinical { weight: 1_000, checks });
        plan.versions = vec![version(1, "2026-01-05", Goals { clinical, ..Goals::default() })];
        plan
    }

    fn inputs(plan: &Plan, history: &History, date: &str) -> Inputs {
        Inputs::of(plan.asked(day(date)).clinical.unwrap(), plan, history, day(date))
    }

    fn share(plan: &Plan, history: &History, date: &str) -> Option<i32> {
        inputs(plan, history, date).share().map(|share| Score::of(share).hundredths())
    }

    #[test]
    fn daily_checks_look_at_the_day_alone() {
        let plan = measuring(vec![
            check("blood_pressure", Often::Daily(2), None),
            check("glucose", Often::Daily(1), None),
        ]);
        let history = History::of([
            checkin(1, "2026-01-05", &[("blood_pressure", 120_000), ("glucose", 90_000)]),
            checkin(2, "2026-01-06", &[("blood_pressure", 120_000)]),
            checkin(3, "2026-01-06", &[("blood_pressure", 130_000)]),
            checkin(4, "2026-01-06", &[("blood_pressure", 140_000)]),
            checkin(5, "2026-01-07", &[("weight", 70_000)]),
        ]);
        assert_eq!(share(&plan, &history, "2026-01-05"), Some(6_667));
        assert_eq!(share(&plan, &history, "2026-01-06"), Some(6_667));
        assert_eq!(share(&plan, &history, "2026-01-07"), Some(0));
        let known = ["2026-01-06", "2026-01-07"].map(|date| inputs(&plan, &history, date).known());
        assert_eq!(known, [true, false]);
    }

    #[test]
    fn weekly_checks_look_at_the_week_so_far() {
        let plan = measuring(vec![check("weight", Often::Weekly(2), None)]);
        let history = History::of([checkin(1, "2026-01-05", &[("weight", 70_000)])]);
        let shares = ["2026-01-05", "2026-01-07", "2026-01-08", "2026-01-10", "2026-01-11", "2026-01-15"];
        let expected = [None, None, Some(10_000), Some(10_000), Some(5_000), Some(0)];
        assert_eq!(shares.map(|date| share(&plan, &history, date)), expected);
        assert!(inputs(&plan, &history, "2026-01-05").known());
    }

    #[test]
    fn a_daily_and_a_weekly_check_are_added_up() {
        let plan =
            measuring(vec![check("pain", Often::Daily(3), None), check("weight", Often::Weekly(7), None)]);
        let history = History::of([checkin(1, "2026-01-06", &[("pain", 1_000), ("weight", 70_000)])]);
        // one of three, and one of the two due by Tuesday
        assert_eq!(share(&plan, &history, "2026-01-06"), Some(4_000));
    }

    #[test]
    fn days_that_do_not_count_neither_ask_nor_give() {
        let mut plan = measuring(vec![check("weight", Often::Weekly(7), None)]);
        plan.pauses = vec![Pause { from: day("2026-01-06"), resume: Some(day("2026-01-08")) }];
        let history = History::of([checkin(1, "2026-01-07", &[("weight", 70_000)])]);
        assert_eq!(share(&plan, &history, "2026-01-08"), Some(0));
        assert_eq!(inputs(&plan, &history, "2026-01-08").checks[0].expected, 2);
    }

    #[test]
    fn control_is_the_share_of_the_days_values_within_their_targets() {
        let plan = measuring(vec![
            check("blood_pressure", Often::Daily(1), Some((110_000, 135_000))),
            check("glucose", Often::Daily(1), Some((80_000, 130_000))),
            check("pain", Often::Daily(1), None),
        ]);
        let control = |history: &History, date| {
            inputs(&plan, history, date).control().map(|c| Score::of(c).hundredths())
        };
        let history = History::of([
            checkin(1, "2026-01-05", &[("blood_pressure", 135_000), ("glucose", 130_001), ("pain", 9_000)]),
            checkin(2, "2026-01-05", &[("blood_pressure", 110_000)]),
            checkin(3, "2026-01-06", &[("pain", 9_000)]),
        ]);
        assert_eq!(control(&history, "2026-01-05"), Some(6_667));
        assert_eq!(control(&history, "2026-01-06"), None);
    }
}
