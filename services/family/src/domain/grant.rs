//! What a grant may promise, to whom and for how long.

use std::collections::BTreeSet;

use chassis::{Error, FieldError};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far ahead a doctor's grant may end: a year, and a day for the calendars that round it up.
const LONGEST_FOR_DOCTORS: TimeDelta = TimeDelta::days(366);

/// A kind of health log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogType {
    /// Food and drink.
    Nutrition,
    /// Strength training.
    Workout,
    /// Vital signs.
    Checkin,
}

impl LogType {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Nutrition, Self::Workout, Self::Checkin];
}

/// What the holder of a grant is to the member; the closer one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// Is the member.
    Member,
    /// Treats the member.
    Doctor,
}

impl Holder {
    /// The word it is stored as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "MEMBER",
            Self::Doctor => "DOCTOR",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Member, Self::Doctor].into_iter().find(|holder| holder.as_str() == word)
    }
}

/// When a grant is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From this instant on.
    pub not_before: DateTime<Utc>,
    /// Up to this one, which is no longer part of it; none for an open end.
    pub not_after: Option<DateTime<Utc>>,
}

impl Window {
    /// Whether the instant lies within.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.not_before <= at && !self.over(at)
    }

    /// Whether it has ended by then.
    pub fn over(&self, at: DateTime<Utc>) -> bool {
        self.not_after.is_some_and(|end| end <= at)
    }
}

/// What a manager asks a grant to be.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What the holder is to the member.
    pub holder: Holder,
    /// The kinds of logs to open.
    pub log_types: BTreeSet<LogType>,
    /// When it shall begin; none for now.
    pub not_before: Option<DateTime<Utc>>,
    /// When it shall end; none for never.
    pub not_after: Option<DateTime<Utc>>,
}

/// What a grant is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What the holder is to the member.
    pub holder: Holder,
    /// The kinds of logs it opens.
    pub log_types: BTreeSet<LogType>,
    /// When it is in force.
    pub window: Window,
}

impl Wish {
    /// Settles the terms, or says which fields stand against it.
    pub fn settle(self, now: DateTime<Utc>) -> Result<Terms, Error> {
        let window = Window { not_before: self.not_before.unwrap_or(now), not_after: self.not_after };
        let mut faults = Vec::new();
        let mut fault = |field: &str, message: &str| {
            faults.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        };
        let doctor = self.holder == Holder::Doctor;
        if doctor && self.log_types.is_empty() {
            fault("log_types", "must name at least one kind of logs for a doctor");
        }
        match window.not_after {
            None if doctor => fault("not_after", "must be given for a doctor"),
            Some(end) if end <= now => fault("not_after", "must be in the future"),
            Some(end) if end <= window.not_before => fault("not_after", "must be after not_before"),
            Some(end) if doctor && end > now + LONGEST_FOR_DOCTORS => {
                fault("not_after", "must be within a year for a doctor")
            }
            _ => {}
        }
        if !faults.is_empty() {
            return Err(Error::invalid_fields(faults));
        }
        let log_types = if self.log_types.is_empty() { LogType::ALL.into() } else { self.log_types };
        Ok(Terms { holder: self.holder, log_types, window })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn wish(
        holder: Holder,
        log_types: &[LogType],
        from: Option<i64>,
        to: Option<i64>,
    ) -> Result<Terms, Error> {
        let day = |n| now() + TimeDelta::days(n);
        let log_types = log_types.iter().copied().collect();
        Wish { holder, log_types, not_before: from.map(day), not_after: to.map(day) }.settle(now())
    }

    #[test]
    fn a_doctor_sees_named_kinds_for_a_bounded_time() {
        use Holder::Doctor;
        let bp = [LogType::Checkin];
        for (log_types, from, to, faults) in [
            (&bp[..], None, Some(1), &[][..]),
            (&bp, Some(-5), Some(366), &[]),
            (&bp, Some(3), Some(4), &[]),
            (&bp, None, Some(367), &["not_after"]),
            (&bp, None, Some(0), &["not_after"]),
            (&bp, Some(-2), Some(-1), &["not_after"]),
            (&bp, Some(4), Some(4), &["not_after"]),
            (&bp, None, None, &["not_after"]),
            (&[], None, None, &["log_types", "not_after"]),
        ] {
            let settled = wish(Doctor, log_types, from, to);
            let found: Vec<_> =
                settled.err().iter().flat_map(|e| e.fields().to_vec()).map(|f| f.field).collect();
            assert_eq!(found, faults, "{log_types:?} {from:?} {to:?}");
        }
    }

    #[test]
    fn the_member_sees_everything_without_end_unless_told_otherwise() {
        let terms = wish(Holder::Member, &[], None, None).unwrap();
        assert_eq!(terms.log_types, LogType::ALL.into());
        assert_eq!(terms.window, Window { not_before: now(), not_after: None });
        let terms = wish(Holder::Member, &[LogType::Workout], None, Some(1000)).unwrap();
        assert_eq!(terms.log_types, [LogType::Workout].into());
        assert!(wish(Holder::Member, &[], None, Some(0)).is_err());
    }

    #[test]
    fn a_holder_is_read_back_from_its_word() {
        for holder in [Holder::Member, Holder::Doctor] {
            assert_eq!(Holder::parse(holder.as_str()), Some(holder));
        }
        assert_eq!(Holder::parse("FAMILY_MANAGER"), None);
    }
}
