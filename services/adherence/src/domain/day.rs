//! The scores of one day.

use std::ops::Deref;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::history::History;
use super::plan::Plan;
use super::score::{Score, weighted};
use super::{clinical, nutrition, strength};

/// The version of the formulas of this crate. It rises when one of them changes.
pub const FORMULA: i32 = 1;

/// The scores of one day, and what they were computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    scores: Scores,
    /// What the scores were computed from.
    pub details: Details,
}

/// A day's scores by themselves, as they are kept at hand and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scores {
    /// The day.
    pub date: NaiveDate,
    /// How well the nutrition targets were met.
    pub nutrition: Option<Score>,
    /// How the week so far stands against the sessions due.
    pub strength: Option<Score>,
    /// How many of the expected measurements were taken.
    pub clinical: Option<Score>,
    /// The weighted mean of the three.
    pub total: Option<Score>,
    /// How many measurements were within their targets; no part of the total.
    pub control: Option<Score>,
    /// Whether something is known of each domain that the day asks for: meals, sessions, measurements.
    known: [Option<bool>; 3],
}

/// What a day's scores were computed from. A domain the day does not ask for is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The version of the formulas.
    pub formula: i32,
    /// The version of the goals; 0 for none.
    pub goals: i32,
    /// The meals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nutrition: Option<nutrition::Inputs>,
    /// The sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<strength::Inputs>,
    /// The measurements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clinical: Option<clinical::Inputs>,
}

impl Day {
    /// Scores a day. The history must hold its ISO week up to the day.
    pub fn of(plan: &Plan, history: &History, date: NaiveDate) -> Self {
        let asked = plan.asked(date);
        let meals = asked.nutrition.map(|_| nutrition::Inputs::of(history.meals(date)));
        let sessions =
            asked.strength.map(|goals| strength::Inputs::of(goals.sessions_per_week, plan, history, date));
        let checks = asked.clinical.map(|goals| clinical::Inputs::of(goals, plan, history, date));

        let nutrition = meals.as_ref().zip(asked.nutrition).and_then(|(inputs, goals)| inputs.share(goals));
        let strength = sessions.as_ref().and_then(strength::Inputs::share);
        let clinical = checks.as_ref().and_then(clinical::Inputs::share);
        let total = weighted([
            (asked.nutrition.map_or(0, |goals| goals.weight), nutrition),
            (asked.strength.map_or(0, |goals| goals.weight), strength),
            (asked.clinical.map_or(0, |goals| goals.weight), clinical),
        ]);
        let control = checks.as_ref().and_then(clinical::Inputs::control);
        let scores = [nutrition, strength, clinical, total, control].map(|share| share.map(Score::of));
        let goals = asked.version;
        let details =
            Details { formula: FORMULA, goals, nutrition: meals, strength: sessions, clinical: checks };
        Self::new(date, scores, details)
    }

    /// With its scores: nutrition, strength, clinical, the total, and control.
    pub fn new(date: NaiveDate, scores: [Option<Score>; 5], details: Details) -> Self {
        let [nutrition, strength, clinical, total, control] = scores;
        let known = [
            details.nutrition.as_ref().map(|inputs| inputs.logs > 0),
            details.strength.map(|_| strength.is_some()),
            details.clinical.as_ref().map(clinical::Inputs::known),
        ];
        Self { scores: Scores { date, nutrition, strength, clinical, total, control, known }, details }
    }
}

impl Deref for Day {
    type Target = Scores;

    fn deref(&self) -> &Scores {
        &self.scores
    }
}

impl Scores {
    /// The share of the domains asked for about which something is known; none when nothing is asked for. A meal may still come
    /// today, so nutrition does not count against today.
    pub fn coverage(&self, today: NaiveDate) -> Option<Score> {
        let [fed, trained, measured] = self.known;
        let known = [fed.filter(|fed| *fed || self.date < today), trained, measured];
        let asked = known.iter().flatten().count();
        let known = known.iter().flatten().filter(|known| **known).count();
        (asked > 0).then(|| Score::of(known as f64 / asked as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{checkin, day, plan, session, strength, version};
    use crate::domain::goals::{Bound, Check, Clinical, Goals, Intake, Nutrient, Nutrition, Often, Target};
    use crate::domain::history::{Contribution, Part};

    /// A plan from Monday, 5 January 2026, that asks for everything, with weights 1, 2 and 1.
    fn whole() -> Plan {
        let target = Target { nutrient: Nutrient::ProteinG, bound: Bound::Min(60_000), weight: 1_000 };
        let check = Check { metric: "weight".into(), often: Often::Daily(2), target: Some((60_000, 80_000)) };
        let goals = Goals {
            nutrition: Some(Nutrition { weight: 1_000, targets: vec![target] }),
            strength: Some(crate::domain::goals::Strength { weight: 2_000, ..strength(7) }),
            clinical: Some(Clinical { weight: 1_000, checks: vec![check] }),
        };
        let mut plan = plan("2026-01-05");
        plan.versions = vec![version(4, "2026-01-05", goals)];
        plan
    }

    fn meal(log_id: i64, date: &str, protein: i64) -> Contribution {
        let part = Part::Nutrition(Intake::from([(Nutrient::ProteinG, protein)]));
        Contribution { log_id, revision: 1, date: day(date), part }
    }

    fn scores(day: &Day) -> [Option<i32>; 5] {
        [day.nutrition, day.strength, day.clinical, day.total, day.control]
            .map(|score| score.map(Score::hundredths))
    }

    #[test]
    fn the_total_is_the_weighted_mean_of_what_is_known() {
        let logs = [
            meal(1, "2026-01-05", 45_000),
            session(2, "2026-01-05", 5_000),
            checkin(3, "2026-01-05", &[("weight", 70_000)]),
        ];
        let all = Day::of(&whole(), &History::of(logs.clone()), day("2026-01-05"));
        // (75 + 2 * 50 + 50) / 4
        assert_eq!(scores(&all), [Some(7_500), Some(5_000), Some(5_000), Some(5_625), Some(10_000)]);
        let unfed = Day::of(&whole(), &History::of(logs[1..].to_vec()), day("2026-01-05"));
        assert_eq!(scores(&unfed), [None, Some(5_000), Some(5_000), Some(5_000), Some(10_000)]);
    }

    #[test]
    fn a_day_that_does_not_count_or_asks_for_nothing_has_no_score() {
        let mut plan = whole();
        let history = History::of([meal(1, "2026-01-05", 60_000)]);
        assert_eq!(scores(&Day::of(&plan, &history, day("2026-01-04"))), [None; 5]);
        plan.versions.clear();
        let day = Day::of(&plan, &history, day("2026-01-05"));
        assert_eq!(scores(&day), [None; 5]);
        assert_eq!(day.coverage(day.date), None);
        assert_eq!(day.details, Details { formula: FORMULA, ..Details::default() });
    }

    #[test]
    fn coverage_counts_a_missed_meal_only_once_the_day_is_over() {
        let date = day("2026-01-05");
        let coverage = |logs: Vec<Contribution>, today: &str| {
            let coverage = Day::of(&whole(), &History::of(logs), date).coverage(day(today));
            coverage.map(Score::hundredths)
        };
        // one session is due already on Monday, so strength is known to be missed
        assert_eq!(coverage(vec![], "2026-01-05"), Some(5_000));
        assert_eq!(coverage(vec![], "2026-01-06"), Some(3_333));
        assert_eq!(coverage(vec![meal(1, "2026-01-05", 1)], "2026-01-05"), Some(6_667));
        let weighed = checkin(3, "2026-01-05", &[("weight", 70_000)]);
        assert_eq!(coverage(vec![weighed.clone()], "2026-01-05"), Some(10_000));
        assert_eq!(coverage(vec![weighed], "2026-01-06"), Some(6_667));
    }

    #[test]
    fn the_details_keep_the_versions_and_the_inputs() {
        let day = Day::of(&whole(), &History::of([meal(1, "2026-01-05", 45_000)]), day("2026-01-05"));
        let json = serde_json::to_value(&day.details).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "formula": 1,
                "goals": 4,
                "nutrition": {"logs": 1, "intake": {"protein_g": 45_000}},
                "strength": {"due": 1, "half_credits": 0},
                "clinical": {
                    "checks": [{"metric": "weight", "expected": 2, "done": 0}],
                    "with_target": 0,
                    "within_target": 0,
                },
            })
        );
        assert_eq!(serde_json::from_value::<Details>(json).unwrap(), day.details);
    }
}
