//! A log and its revisions. A revision is never rewritten: a correction, a confirmation or the reading of a photo is the
//! next revision, and where and when the log happened stay as they were.

use chrono::{DateTime, Utc};

use super::moment::Moment;
use super::payload::Payload;
use super::{Fault, Scope};

/// Who wrote what a photo shows.
pub const NOBODY: i64 = 0;

/// The state of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Entered or confirmed by a person.
    Verified,
    /// A photo that is still to be read.
    Processing,
    /// Read from a photo, and not yet confirmed by a person.
    Completed,
    /// A photo that could not be read.
    Failed,
}

impl Status {
    const ALL: [Self; 4] = [Self::Verified, Self::Processing, Self::Completed, Self::Failed];

    /// The name it has at the edge.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "VERIFIED",
            Self::Processing => "PROCESSING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    /// What stands for it in the database.
    pub fn letter(self) -> &'static str {
        &self.name()[..1]
    }

    /// Reads its letter.
    pub fn of_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.letter() == letter)
    }
}

/// Who makes a revision, when, and under which plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorship {
    /// The person.
    pub author_id: i64,
    /// The version of the plan in force.
    pub plan_version: i64,
    /// Where the member lives, to tell which day it is there.
    pub time_zone: chrono_tz::Tz,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// One revision of a log.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub struct Revision {
    /// Where the log lives.
    pub scope: Scope,
    /// The log.
    pub log_id: i64,
    /// The revision, counted from 1.
    pub revision: i32,
    /// When it happened.
    pub moment: Moment,
    /// The log's state.
    pub status: Status,
    /// What it says.
    pub payload: Payload,
    /// Who made it.
    pub by: Authorship,
}

/// What a photo was read as, or why it could not be.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub enum Reading {
    /// What is on the plate.
    Meal(Payload),
    /// A sentence the user can read.
    Failure(String),
}

/// Why a log cannot be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NothingToConfirm;

impl Revision {
    /// The first revision: what a person entered.
    pub fn entered(scope: Scope, log_id: i64, moment: Moment, payload: Payload, by: Authorship) -> Self {
        Self { scope, log_id, revision: 1, moment, status: Status::Verified, payload, by }
    }

    /// The first revision: a photo that is still to be read.
    pub fn photographed(scope: Scope, log_id: i64, moment: Moment, by: Authorship) -> Self {
        Self { status: Status::Processing, ..Self::entered(scope, log_id, moment, Payload::unread(), by) }
    }

    /// The next revision, by a person, in whatever state the log is. The kind of a log does not change.
    pub fn amended(&self, payload: Payload, by: Authorship) -> Result<Self, Fault> {
        if payload.log_type() != self.payload.log_type() {
            let message = format!("must be a {} payload, as the log is one", self.payload.log_type().name());
            return Err(Fault::new(payload.log_type().case(), message));
        }
        Ok(self.next(Status::Verified, payload, by))
    }

    /// The next revision, by which a person confirms what a photo was read as.
    pub fn verified(&self, by: Authorship) -> Result<Self, NothingToConfirm> {
        match self.status {
            Status::Completed => Ok(self.next(Status::Verified, self.payload.clone(), by)),
            Status::Verified | Status::Processing | Status::Failed => Err(NothingToConfirm),
        }
    }

    /// The next revision, by the reading of the photo; `None` when a person was faster, whose word stands.
    pub fn read(&self, reading: &Reading, recorded_at: DateTime<Utc>) -> Option<Self> {
        if self.status != Status::Processing {
            return None;
        }
        let by = Authorship { author_id: NOBODY, recorded_at, ..self.by.clone() };
        Some(match reading {
            Reading::Meal(meal) => self.next(Status::Completed, meal.clone(), by),
            Reading::Failure(_) => self.next(Status::Failed, Payload::unread(), by),
        })
    }

    fn next(&self, status: Status, payload: Payload, by: Authorship) -> Self {
        Self { revision: self.revision + 1, status, payload, by, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload::{Checkin, Nutrition};
    use super::*;

    fn by(author_id: i64) -> Authorship {
        let recorded_at = "2026-03-01T10:00:00Z".parse().unwrap();
        Authorship { author_id, plan_version: 3, time_zone: chrono_tz::Tz::Asia__Kolkata, recorded_at }
    }

    fn meal(calories: f64) -> Payload {
        Payload::Nutrition(Nutrition { calories: Some(calories), ..Nutrition::default() })
    }

    fn photographed() -> Revision {
        let moment = Moment::new("2026-03-01T09:00:00Z".parse().unwrap(), chrono_tz::Tz::Asia__Kolkata);
        Revision::photographed(Scope { family_id: 1, program_id: 2 }, 99, moment, by(5))
    }

    fn in_state(status: Status) -> Revision {
        Revision { status, ..photographed() }
    }

    #[test]
    fn a_person_amends_in_every_state_and_time_and_place_stay() {
        for status in Status::ALL {
            let before = in_state(status);
            let after = before.amended(meal(400.0), by(6)).unwrap();
            assert_eq!((after.status, after.revision, after.by.author_id), (Status::Verified, 2, 6));
            assert_eq!(
                (after.moment, after.scope, after.log_id),
                (before.moment, before.scope, before.log_id)
            );
            assert_eq!(after.payload, meal(400.0));
        }
    }

    #[test]
    fn an_amendment_keeps_the_kind_and_brings_its_own_flags() {
        let vitals =
            |heart_rate| Payload::Checkin(Checkin { heart_rate: Some(heart_rate), ..Checkin::default() });
        assert_eq!(photographed().amended(vitals(60.0), by(6)).unwrap_err().field, "checkin");
        let first = Revision::entered(photographed().scope, 1, photographed().moment, vitals(260.0), by(5));
        assert_eq!((first.status, first.payload.flags().len()), (Status::Verified, 1));
        assert_eq!(first.amended(vitals(60.0), by(5)).unwrap().payload.flags(), []);
    }

    #[test]
    fn only_what_was_read_from_a_photo_can_be_confirmed() {
        for status in Status::ALL {
            let revision = Revision { payload: meal(250.0), ..in_state(status) };
            match revision.verified(by(6)) {
                Ok(next) => {
                    assert_eq!(status, Status::Completed);
                    assert_eq!(
                        (next.status, next.revision, next.payload),
                        (Status::Verified, 2, meal(250.0))
                    );
                }
                Err(NothingToConfirm) => assert_ne!(status, Status::Completed),
            }
        }
    }

    #[test]
    fn a_reading_completes_a_log_once_and_never_over_a_person() {
        let at = "2026-03-01T10:05:00Z".parse().unwrap();
        let read = photographed().read(&Reading::Meal(meal(250.0)), at).unwrap();
        assert_eq!((read.status, read.revision, &read.payload), (Status::Completed, 2, &meal(250.0)));
        assert_eq!((read.by.author_id, read.by.plan_version, read.by.recorded_at), (NOBODY, 3, at));
        let failed = photographed().read(&Reading::Failure("too dark".into()), at).unwrap();
        assert_eq!((failed.status, failed.payload), (Status::Failed, Payload::unread()));
        for status in [Status::Verified, Status::Completed, Status::Failed] {
            assert_eq!(in_state(status).read(&Reading::Meal(meal(1.0)), at), None, "{status:?}");
        }
    }

    #[test]
    fn every_state_is_found_by_its_letter() {
        for status in Status::ALL {
            assert_eq!(Status::of_letter(status.letter()), Some(status));
        }
        assert_eq!((Status::of_letter("v"), Status::of_letter("VERIFIED")), (None, None));
    }
}
