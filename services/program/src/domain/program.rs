//! A program and the states it moves through.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::calendar;

/// How long a deletion can be taken back.
pub const UNDO: TimeDelta = TimeDelta::days(30);

/// How long ago a deletion lies that nobody can take back any more.
pub const PAST_UNDO: TimeDelta = TimeDelta::seconds(UNDO.num_seconds() + 1);

/// A care program.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub struct Program {
    /// Its id.
    pub id: i64,
    /// The tenant.
    pub family_id: i64,
    /// The member it is for.
    pub member_id: i64,
    /// What it is called.
    pub title: String,
    /// The first day.
    pub start_date: NaiveDate,
    /// The state somebody put it in; see [`Program::state_on`] for the one it shows.
    pub state: State,
    /// The last day, when somebody completed it.
    pub completed_date: Option<NaiveDate>,
    /// Rises with every change.
    pub plan_version: i64,
    /// The account that created it.
    pub created_by: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// The state of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Runs.
    Active,
    /// Rests.
    Paused,
    /// Is over.
    Completed,
}

impl State {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            State::Active => "ACTIVE",
            State::Paused => "PAUSED",
            State::Completed => "COMPLETED",
        }
    }

    /// The state of a name in the database.
    pub fn named(name: &str) -> Option<Self> {
        [State::Active, State::Paused, State::Completed].into_iter().find(|state| state.name() == name)
    }
}

/// What somebody may do to the state of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its days count no more from today on.
    Pause,
    /// Its days count again from today on.
    Resume,
    /// Today is its last day.
    Complete,
}

/// Why a step is not possible, for the caller to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl Program {
    /// The last day: the 90th, or an earlier one on which somebody completed the program.
    pub fn last_day(&self) -> NaiveDate {
        let planned = calendar::last_day(self.start_date);
        self.completed_date.map_or(planned, |completed| completed.min(planned))
    }

    /// The state as of a day: a program whose last day is past is over, whatever state it was left in.
    pub fn state_on(&self, today: NaiveDate) -> State {
        if today > self.last_day() { State::Completed } else { self.state }
    }

    /// Takes a step, as of the member's day.
    pub fn take(&mut self, step: Step, today: NaiveDate) -> Result<(), Refused> {
        self.state = match (step, self.state_on(today)) {
            (Step::Pause, State::Active) => State::Paused,
            (Step::Resume, State::Paused) => State::Active,
            (Step::Complete, State::Active | State::Paused) => State::Completed,
            (Step::Pause, _) => return Err(Refused("only an active program can be paused")),
            (Step::Resume, _) => return Err(Refused("only a paused program can be resumed")),
            (Step::Complete, State::Completed) => return Err(Refused("the program is completed already")),
        };
        if step == Step::Complete {
            self.completed_date = Some(today);
        }
        Ok(())
    }

    /// Takes the deletion back.
    pub fn restore(&mut self) -> Result<(), Refused> {
        self.deleted_at.take().map(|_| ()).ok_or(Refused("the program is not deleted"))
    }

    /// Whether it lives, or can be brought back to life.
    pub fn within_reach(&self, now: DateTime<Utc>) -> bool {
        self.deleted_at.is_none_or(|deleted| now - deleted <= UNDO)
    }
}

/// What a program is called, without blanks around it; none where nothing is left.
pub fn title(text: &str) -> Option<String> {
    Some(text.trim()).filter(|title| !title.is_empty()).map(str::to_owned)
}

/// Days that do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The first of them.
    pub from: NaiveDate,
    /// The day that counts again; none while the program rests.
    pub resume: Option<NaiveDate>,
}

#[cfg(test)]
mod tests;
