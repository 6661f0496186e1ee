//! What happens to a program's logs and scores, as its watchers hear it.

use chrono::{DateTime, NaiveDate, Utc};

use super::score::Score;
use super::sight::LogType;

/// Something happened. It carries states and scores, and no health value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Rises within a program.
    pub id: i64,
    /// What it is about.
    pub kind: Kind,
    /// The log it is about, or that moved the score; 0 when a change of plan did.
    pub log_id: i64,
    /// The kind of that log.
    pub log_type: Option<LogType>,
    /// The state of that log.
    pub status: Option<LogStatus>,
    /// The day it is about.
    pub date: NaiveDate,
    /// That day's total now.
    pub total: Option<Score>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A log has a new revision or state.
    Log,
    /// A day has a new score.
    Score,
}

/// The state of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStatus {
    /// Entered or confirmed by a person.
    Verified,
    /// A photo that is still to be read.
    Processing,
    /// Read from a photo, and not yet confirmed.
    Completed,
    /// A photo that could not be read.
    Failed,
}

impl Kind {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Log => "LOG",
            Kind::Score => "SCORE",
        }
    }

    /// The kind of a name in the database.
    pub fn named(name: &str) -> Option<Self> {
        [Kind::Log, Kind::Score].into_iter().find(|kind| kind.name() == name)
    }
}

impl LogStatus {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            LogStatus::Verified => "VERIFIED",
            LogStatus::Processing => "PROCESSING",
            LogStatus::Completed => "COMPLETED",
            LogStatus::Failed => "FAILED",
        }
    }

    /// The state of a name in the database.
    pub fn named(name: &str) -> Option<Self> {
        let all = [LogStatus::Verified, LogStatus::Processing, LogStatus::Completed, LogStatus::Failed];
        all.into_iter().find(|status| status.name() == name)
    }
}
