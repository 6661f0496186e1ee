//! What was logged: what each log adds, and which of its revisions holds.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::goals::Intake;
use super::sight::LogType;

/// What one revision of a log adds to the score.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Contribution {
    /// The log.
    pub log_id: i64,
    /// Its revision; the highest holds.
    pub revision: i32,
    /// The member's local day it counts for.
    pub date: NaiveDate,
    /// What it adds.
    pub part: Part,
}

/// What a log adds, in whole thousandths.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum Part {
    /// Nothing: a photo that is still to be read, or could not be.
    Nothing,
    /// A meal.
    Nutrition(Intake),
    /// A session.
    Workout(Session),
    /// Measurements, in the order they were sent.
    Checkin(Vec<Measurement>),
}

impl Part {
    /// The kind of log it came from. Only a photo of a meal can add nothing.
    pub fn log_type(&self) -> LogType {
        match self {
            Part::Nothing | Part::Nutrition(_) => LogType::Nutrition,
            Part::Workout(_) => LogType::Workout,
            Part::Checkin(_) => LogType::Checkin,
        }
    }
}

/// A strength session.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Session {
    /// The sets done, in thousandths.
    pub sets: i64,
    /// The minutes trained, in thousandths.
    pub minutes: i64,
}

/// One measured value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Measurement {
    /// What was measured.
    pub metric: String,
    /// The value, in thousandths.
    pub value: i64,
}

/// What holds of everything that was logged, day by day and log by log. It does not depend on the order the contributions came
/// in, nor on how often each of them came.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct History(BTreeMap<NaiveDate, BTreeMap<i64, Part>>);

impl History {
    /// Keeps the highest revision of every log.
    pub fn of(contributions: impl IntoIterator<Item = Contribution>) -> Self {
        let mut held: HashMap<i64, Contribution> = HashMap::new();
        for contribution in contributions {
            let later =
                held.get(&contribution.log_id).is_none_or(|known| known.revision < contribution.revision);
            if later {
                held.insert(contribution.log_id, contribution);
            }
        }
        let mut history = Self::default();
        held.into_values().for_each(|contribution| history.put(None, contribution));
        history
    }

    /// Takes in a higher revision of a log, of which the one before counted for the day `before`.
    pub fn put(&mut self, before: Option<NaiveDate>, contribution: Contribution) {
        let Contribution { log_id, date, part, .. } = contribution;
        if let Some(day) = before.and_then(|before| self.0.get_mut(&before)) {
            day.remove(&log_id);
        }
        self.0.entry(date).or_default().insert(log_id, part);
    }

    /// The meals of a day.
    pub fn meals(&self, day: NaiveDate) -> impl Iterator<Item = &Intake> {
        self.parts(day)
            .filter_map(|part| if let Part::Nutrition(intake) = part { Some(intake) } else { None })
    }

    /// The sessions of a day.
    pub fn sessions(&self, day: NaiveDate) -> impl Iterator<Item = &Session> {
        self.parts(day)
            .filter_map(|part| if let Part::Workout(session) = part { Some(session) } else { None })
    }

    /// The measurements of a day.
    pub fn measurements(&self, day: NaiveDate) -> impl Iterator<Item = &Measurement> {
        let checkins =
            self.parts(day).filter_map(|part| if let Part::Checkin(all) = part { Some(all) } else { None });
        checkins.flatten()
    }

    fn parts(&self, day: NaiveDate) -> impl Iterator<Item = &Part> {
        self.0.get(&day).into_iter().flat_map(BTreeMap::values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::day;

    fn session(log_id: i64, revision: i32, date: &str, sets: i64) -> Contribution {
        let part = Part::Workout(Session { sets, minutes: 0 });
        Contribution { log_id, revision, date: day(date), part }
    }

    #[test]
    fn order_and_repetition_do_not_matter_and_the_highest_revision_holds() {
        let first = session(1, 1, "2026-01-01", 10);
        let moved = session(1, 2, "2026-01-02", 20);
        let other = session(2, 1, "2026-01-01", 30);
        let gone = Contribution { part: Part::Nothing, ..session(3, 2, "2026-01-01", 0) };
        let was = session(3, 1, "2026-01-01", 40);
        let expected = History::of([moved.clone(), other.clone(), gone.clone()]);
        assert_eq!(expected.sessions(day("2026-01-01")).map(|s| s.sets).collect::<Vec<_>>(), [30]);
        assert_eq!(expected.sessions(day("2026-01-02")).map(|s| s.sets).collect::<Vec<_>>(), [20]);
        let jumbled = [&gone, &moved, &first, &other, &was, &moved, &first, &gone, &other];
        assert_eq!(History::of(jumbled.into_iter().cloned()), expected);
        assert_eq!(History::of(jumbled.into_iter().rev().cloned()), expected);
    }
}
