//! Logs as they were kept elsewhere. What was said is said again, revision by revision, by the rules by which it was said: so
//! nothing comes in that could not have been logged here.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::image::ImageStatus;
use super::log::{Authorship, NOBODY, Reading, Revision, Status};
use super::moment::Moment;
use super::payload::Payload;
use super::{Fault, Scope};

/// Where a log lives that is not placed yet.
const NOWHERE: Scope = Scope { family_id: 0, program_id: 0 };

/// A log as another house tells of it.
#[derive(Clone)]
pub struct Told {
    /// When it happened.
    pub timestamp: DateTime<Utc>,
    /// The member's local day.
    pub local_date: NaiveDate,
    /// The zone's distance from UTC at that time.
    pub utc_offset_minutes: i32,
    /// The state of its photo.
    pub photo: Option<Photo>,
    /// All that it said, oldest first.
    pub revisions: Vec<Said>,
}

/// A photo that was not brought along.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub struct Photo {
    /// Its state.
    pub status: ImageStatus,
    /// Why it could not be read.
    pub failure_reason: Option<String>,
    /// Which model read it.
    pub model: Option<String>,
}

/// One revision as another house tells of it.
#[derive(Clone)]
pub struct Said {
    /// The log's state.
    pub status: Status,
    /// What it says.
    pub payload: Payload,
    /// Whether a person made it, or the reading of a photo.
    pub by_person: bool,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Where the member lived then.
    pub time_zone: Tz,
}

/// A log that can be kept here.
#[cfg_attr(test, derive(Debug))]
pub struct Imported {
    /// Every revision, oldest first; at least one.
    pub revisions: Vec<Revision>,
    /// The state of its photo.
    pub photo: Option<Photo>,
}

impl Imported {
    /// Says again what was said. Whatever a person said is the word of `importer`, since nobody here knows who it was.
    pub fn read(told: Told, program_start: NaiveDate, importer: i64) -> Result<Self, Vec<Fault>> {
        let Told { photo, revisions: said, .. } = &told;
        let mut revisions: Vec<Revision> = Vec::with_capacity(said.len());
        for (n, said) in said.iter().enumerate() {
            let within = |faults: Vec<Fault>| -> Vec<Fault> {
                let place =
                    |fault: Fault| Fault::new(format!("revisions[{n}].{}", fault.field), fault.message);
                faults.into_iter().map(place).collect()
            };
            said.check().map_err(within)?;
            let by = said.authorship(importer);
            let next = match revisions.last() {
                None => first(moment(&told, said, program_start)?, said, photo.is_some(), by)?,
                Some(before) => said.follow(before, by).map_err(|fault| within(vec![fault]))?,
            };
            revisions.push(next);
        }
        if let Some(photo) = photo {
            photo.check(&revisions)?;
        }
        Ok(Self { revisions, photo: told.photo })
    }

    /// Gives the log its place.
    pub fn place(&mut self, scope: Scope, log_id: i64, plan_version: i64) {
        for revision in &mut self.revisions {
            (revision.scope, revision.log_id, revision.by.plan_version) = (scope, log_id, plan_version);
        }
    }

    /// When it happened.
    pub fn timestamp(&self) -> Option<DateTime<Utc>> {
        self.revisions.first().map(|first| first.moment.timestamp)
    }

    /// What its photo was read as, and by which model; none where none has.
    pub fn reading(&self) -> Option<(String, Reading)> {
        let photo = self.photo.as_ref()?;
        let read = self.revisions.iter().find(|revision| revision.status == Status::Completed);
        let reading = match (read, &photo.failure_reason) {
            (Some(read), _) => Reading::Meal(read.payload.clone()),
            (None, Some(reason)) => Reading::Failure(reason.clone()),
            // a person was faster, and what the model saw then is in no revision
            (None, None) => Reading::Failure("What was read is not part of the record.".to_owned()),
        };
        Some((photo.model.clone()?, reading))
    }
}

impl Said {
    fn check(&self) -> Result<(), Vec<Fault>> {
        let fault = |field: &str, message: &str| Err(vec![Fault::new(field, message)]);
        let of_photo = matches!(self.status, Status::Completed | Status::Failed);
        if of_photo == self.by_person {
            return fault("author_id", "must be 0 for the reading of a photo, and for nothing else");
        }
        match self.status {
            Status::Verified | Status::Completed => self.payload.check(),
            Status::Processing | Status::Failed if self.payload == Payload::unread() => Ok(()),
            Status::Processing | Status::Failed => {
                fault(self.payload.log_type().case(), "must be empty while the photo is not read")
            }
        }
    }

    fn authorship(&self, importer: i64) -> Authorship {
        Authorship {
            author_id: if self.by_person { importer } else { NOBODY },
            plan_version: 0,
            time_zone: self.time_zone,
            recorded_at: self.recorded_at,
        }
    }

    fn follow(&self, before: &Revision, by: Authorship) -> Result<Revision, Fault> {
        let impossible = || Fault::new("status", "must be able to follow that of the revision before");
        let reading = match self.status {
            // a confirmation of what was read says the same again, as a correction could
            Status::Verified => return before.amended(self.payload.clone(), by),
            Status::Completed => Reading::Meal(self.payload.clone()),
            Status::Failed => Reading::Failure(String::new()),
            Status::Processing => return Err(impossible()),
        };
        let next = before.read(&reading, self.recorded_at).ok_or_else(impossible)?;
        Ok(Revision { by, ..next })
    }
}

impl Photo {
    fn check(&self, revisions: &[Revision]) -> Result<(), Vec<Fault>> {
        let fault = |field: &str, message: &str| Err(vec![Fault::new(format!("image.{field}"), message)]);
        let ended = |status| revisions.iter().any(|revision| revision.status == status);
        let waits = revisions.last().is_some_and(|last| last.status == Status::Processing);
        let agrees = match self.status {
            ImageStatus::Pending => !ended(Status::Completed) && !ended(Status::Failed),
            ImageStatus::Completed => !ended(Status::Failed) && !waits,
            ImageStatus::Failed => !ended(Status::Completed) && !waits,
        };
        if !agrees {
            return fault("processing_status", "must be what the revisions say became of the photo");
        }
        if self.failure_reason.is_some() != (self.status == ImageStatus::Failed) {
            return fault(
                "failure_reason",
                "must be given for a photo that could not be read, and for no other",
            );
        }
        if self.model.is_some() && self.status == ImageStatus::Pending {
            return fault("model", "must be null while the photo is not read");
        }
        Ok(())
    }
}

fn first(moment: Moment, said: &Said, with_photo: bool, by: Authorship) -> Result<Revision, Vec<Fault>> {
    let fault = |field: &str, message: &str| Err(vec![Fault::new(field, message)]);
    match (said.status, with_photo) {
        (Status::Verified, false) => Ok(Revision::entered(NOWHERE, 0, moment, said.payload.clone(), by)),
        (Status::Processing, true) => Ok(Revision::photographed(NOWHERE, 0, moment, by)),
        (Status::Verified, true) => fault("image", "must be null for a log that did not begin as a photo"),
        (Status::Processing, false) => fault("image", "must be given for a log that began as a photo"),
        (Status::Completed | Status::Failed, _) => {
            fault("revisions[0].status", "must be VERIFIED or PROCESSING at first")
        }
    }
}

/// The moment as it was taken down. The day is not worked out anew: rules of zones change, and the day has been counted.
fn moment(told: &Told, first: &Said, program_start: NaiveDate) -> Result<Moment, Vec<Fault>> {
    let Told { timestamp, local_date, utc_offset_minutes, .. } = *told;
    Moment::of_log(Some(timestamp), first.recorded_at, program_start, first.time_zone)
        .map_err(|fault| vec![fault])?;
    let moment = Moment::at(timestamp, utc_offset_minutes);
    match moment.local_date == local_date {
        true => Ok(moment),
        false => Err(vec![Fault::new("local_date", "must be the day of timestamp at utc_offset_minutes")]),
    }
}

#[cfg(test)]
mod tests;
