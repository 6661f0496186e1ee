//! What is planned: which days count, and what each of them asks for.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::goals::{Clinical, Goals, Nutrition, Strength, Version};

/// The days of a phase.
const PHASE_DAYS: i64 = 30;

/// All that scoring needs to know of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The tenant.
    pub family_id: i64,
    /// The program.
    pub program_id: i64,
    /// The member it is for.
    pub member_id: i64,
    /// Rises with every change.
    pub version: i64,
    /// What it is called.
    pub title: String,
    /// The first day.
    pub start: NaiveDate,
    /// The last day; before the first when the program was completed before it began.
    pub end: NaiveDate,
    /// Days that do not count.
    pub pauses: Vec<Pause>,
    /// The goals.
    pub versions: Vec<Version>,
    /// Whether the program is deleted.
    pub deleted: bool,
}

/// Days that do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The first of them.
    pub from: NaiveDate,
    /// The day that counts again; none while the program rests.
    pub resume: Option<NaiveDate>,
}

impl Pause {
    fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.resume.is_none_or(|resume| day < resume)
    }
}

/// What one day asks for; nothing, when it does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The version of the goals; 0 for none.
    pub version: i32,
    /// What to eat.
    pub nutrition: Option<&'a Nutrition>,
    /// How to train.
    pub strength: Option<&'a Strength>,
    /// What to measure.
    pub clinical: Option<&'a Clinical>,
}

impl Plan {
    /// Whether the program runs on a day: it is one of its days, and the program is neither resting nor deleted.
    pub fn runs_on(&self, day: NaiveDate) -> bool {
        !self.deleted
            && self.start <= day
            && day <= self.end
            && !self.pauses.iter().any(|pause| pause.holds(day))
    }

    /// What a day asks for: the latest version that had begun to hold, with what its phase replaces, domain by domain.
    pub fn asked(&self, day: NaiveDate) -> Asked<'_> {
        let begun = self.versions.iter().filter(|version| version.effective_date <= day);
        match begun.max_by_key(|version| version.version) {
            Some(version) if self.runs_on(day) => {
                let phase = self.phase(day);
                let other = version.phases.iter().find(|(of, _)| *of == phase).map(|(_, goals)| goals);
                asked(version.version, &version.goals, other)
            }
            _ => Asked::default(),
        }
    }

    /// The phase on a day, 1 to 3.
    pub fn phase(&self, day: NaiveDate) -> i32 {
        ((day - self.start).num_days().div_euclid(PHASE_DAYS) + 1).clamp(1, 3) as i32
    }

    /// How many days the program has, to its end.
    pub fn length(&self) -> i64 {
        ((self.end - self.start).num_days() + 1).max(0)
    }

    /// The day of the program, counted from 1, as of today: 0 before it starts, and its last after it ended.
    pub fn day_number(&self, today: NaiveDate) -> i64 {
        ((today - self.start).num_days() + 1).clamp(0, self.length())
    }

    /// The program's days within a span, oldest first.
    pub fn days(&self, from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
        days(from.max(self.start), to.min(self.end))
    }
}

/// The days of a span, oldest first; none when it ends before it begins.
pub fn days(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    let count = (to - from).num_days() + 1;
    (0..count).filter_map(|n| from.checked_add_signed(TimeDelta::days(n))).collect()
}

fn asked<'a>(version: i32, base: &'a Goals, phase: Option<&'a Goals>) -> Asked<'a> {
    Asked {
        version,
        nutrition: phase.and_then(|goals| goals.nutrition.as_ref()).or(base.nutrition.as_ref()),
        strength: phase.and_then(|goals| goals.strength.as_ref()).or(base.strength.as_ref()),
        clinical: phase.and_then(|goals| goals.clinical.as_ref()).or(base.clinical.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{day, plan, strength, version};

    #[test]
    fn a_day_counts_within_the_program_outside_its_pauses() {
        let mut plan = plan("2026-01-01");
        plan.pauses = vec![
            Pause { from: day("2026-01-10"), resume: Some(day("2026-01-12")) },
            Pause { from: day("2026-02-01"), resume: None },
        ];
        let cases = [
            ("2025-12-31", false),
            ("2026-01-01", true),
            ("2026-01-09", true),
            ("2026-01-10", false),
            ("2026-01-11", false),
            ("2026-01-12", true),
            ("2026-01-31", true),
            ("2026-02-01", false),
            ("2026-03-31", false),
        ];
        for (date, runs) in cases {
            assert_eq!(plan.runs_on(day(date)), runs, "{date}");
        }
        plan.pauses.clear();
        assert!(plan.runs_on(day("2026-03-31")) && !plan.runs_on(day("2026-04-01")));
        plan.deleted = true;
        assert!(!plan.runs_on(day("2026-01-05")));
    }

    #[test]
    fn past_days_keep_their_goals_and_the_later_version_of_a_day_wins() {
        let mut plan = plan("2026-01-01");
        plan.versions = vec![
            version(1, "2026-01-01", Goals { strength: Some(strength(1)), ..Goals::default() }),
            version(3, "2026-01-05", Goals { strength: Some(strength(3)), ..Goals::default() }),
            version(2, "2026-01-05", Goals { strength: Some(strength(2)), ..Goals::default() }),
            version(4, "2026-01-09", Goals::default()),
        ];
        let planned = |date| plan.asked(day(date)).strength.map(|goals| goals.sessions_per_week);
        assert_eq!(planned("2026-01-04"), Some(1));
        assert_eq!(planned("2026-01-05"), Some(3));
        assert_eq!(planned("2026-01-08"), Some(3));
        assert_eq!(planned("2026-01-09"), None);
        assert_eq!(plan.asked(day("2026-01-09")).version, 4);
        assert_eq!(plan.asked(day("2025-12-31")), Asked::default());
    }

    #[test]
    fn a_phase_replaces_domain_by_domain() {
        let mut plan = plan("2026-01-01");
        let base = Goals {
            strength: Some(strength(1)),
            clinical: Some(Clinical { weight: 1_000, checks: Vec::new() }),
            ..Goals::default()
        };
        let mut version = version(1, "2026-01-01", base);
        version.phases = vec![(2, Goals { strength: Some(strength(5)), ..Goals::default() })];
        plan.versions = vec![version];
        let planned = |date| plan.asked(day(date)).strength.map(|goals| goals.sessions_per_week);
        assert_eq!(planned("2026-01-30"), Some(1));
        assert_eq!(planned("2026-01-31"), Some(5));
        assert_eq!(planned("2026-03-01"), Some(5));
        assert_eq!(planned("2026-03-02"), Some(1));
        assert!(plan.asked(day("2026-02-10")).clinical.is_some());
    }

    #[test]
    fn days_are_counted_from_one_and_end_with_the_program() {
        let mut plan = plan("2026-01-01");
        let numbers =
            ["2025-12-30", "2026-01-01", "2026-03-31", "2026-05-01"].map(|date| plan.day_number(day(date)));
        assert_eq!(numbers, [0, 1, 90, 90]);
        assert_eq!(plan.days(day("2025-01-01"), day("2026-01-02")), [day("2026-01-01"), day("2026-01-02")]);
        plan.end = day("2025-12-20");
        assert_eq!((plan.length(), plan.day_number(day("2026-01-05"))), (0, 0));
        assert!(plan.days(day("2025-01-01"), day("2027-01-01")).is_empty());
    }
}
