//! Plans and logs for the tests of the domain.

use chrono::{Days, NaiveDate};

use super::goals::{Goals, Strength, Version, WholeSession};
use super::history::{Contribution, Measurement, Part, Session};
use super::plan::Plan;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A program of 90 days without goals.
pub fn plan(start: &str) -> Plan {
    Plan {
        family_id: 1,
        program_id: 2,
        member_id: 3,
        version: 1,
        title: "Stronger".into(),
        start: day(start),
        end: day(start) + Days::new(89),
        pauses: Vec::new(),
        versions: Vec::new(),
        deleted: false,
    }
}

pub fn version(version: i32, from: &str, goals: Goals) -> Version {
    Version { version, effective_date: day(from), goals, phases: Vec::new() }
}

/// So many sessions a week, of ten sets.
pub fn strength(sessions_per_week: i64) -> Strength {
    Strength { weight: 1_000, sessions_per_week, session: WholeSession::Sets(10_000) }
}

pub fn session(log_id: i64, date: &str, sets: i64) -> Contribution {
    let part = Part::Workout(Session { sets, minutes: 0 });
    Contribution { log_id, revision: 1, date: day(date), part }
}

pub fn checkin(log_id: i64, date: &str, values: &[(&str, i64)]) -> Contribution {
    let measurement = |(metric, value): &(&str, i64)| Measurement { metric: (*metric).into(), value: *value };
    Contribution {
        log_id,
        revision: 1,
        date: day(date),
        part: Part::Checkin(values.iter().map(measurement).collect()),
    }
}
