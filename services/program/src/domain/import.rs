//! Programs as they were kept elsewhere, judged by the rules of the day on which each thing was done.

use chassis::{Error, FieldError, time};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use proto::program::v1 as wire;

use super::calendar;
use super::config::Config;
use super::goals::Goals;
use super::program::{self, Pause, State};

/// How far back the past of another house may reach.
const FURTHEST_BACK: TimeDelta = TimeDelta::days(3653);

/// A program that was kept elsewhere.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Imported {
    /// What it is called.
    pub title: String,
    /// The first day.
    pub start_date: NaiveDate,
    /// The state somebody put it in.
    pub state: State,
    /// The last day, when it is completed.
    pub completed_date: Option<NaiveDate>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The pauses, oldest first.
    pub pauses: Vec<Pause>,
    /// The versions of its goals, oldest first.
    pub configs: Vec<Config>,
}

impl Imported {
    /// Reads programs that stand at `programs` of a request. Tells the faults of the first that has any.
    pub fn read_all(programs: &[wire::ImportedProgram], now: DateTime<Utc>) -> Result<Vec<Self>, Error> {
        let read = |(n, program)| {
            let at = |error: Error| error.map_fields(|field| format!("programs[{n}].{field}"));
            Self::read(program, now).map_err(at)
        };
        programs.iter().enumerate().map(read).collect()
    }

    fn read(program: &wire::ImportedProgram, now: DateTime<Utc>) -> Result<Self, Error> {
        let title = program::title(&program.title);
        let title = title.ok_or_else(|| Error::invalid("title", "must not be blank"))?;
        let created_at =
            program.created_at.as_ref().ok_or_else(|| Error::invalid("created_at", "must be given"))?;
        let created_at = time::past("created_at", created_at, now)?;
        if created_at < now - FURTHEST_BACK {
            return Err(Error::invalid("created_at", "must be at most ten years ago"));
        }
        let start_date = time::date("start_date", &program.start_date)?;
        if !may_have_started(start_date, created_at) {
            return Err(Error::invalid(
                "start_date",
                "must be at most a year away from the day of created_at",
            ));
        }
        let pauses = pauses(&program.pauses)?;
        let (state, completed_date) = state(program, start_date, &pauses)?;
        let configs = configs(&program.configs, start_date)?;
        Ok(Self { title, start_date, state, completed_date, created_at, pauses, configs })
    }
}

/// The rule for a new program, as of that day. Which day it was where the member lived is known to within one.
fn may_have_started(start: NaiveDate, created_at: DateTime<Utc>) -> bool {
    let day = created_at.date_naive();
    let days = [day.checked_sub_days(Days::new(1)), Some(day), day.checked_add_days(Days::new(1))];
    days.into_iter().flatten().any(|day| calendar::may_start(start, day))
}

/// The state, and the last day if somebody completed the program. One that is told to be over because its 90 days are, is
/// completed on the last of them, which shows the same for ever.
fn state(
    program: &wire::ImportedProgram,
    start_date: NaiveDate,
    pauses: &[Pause],
) -> Result<(State, Option<NaiveDate>), Error> {
    let (end_date, planned) = (time::date("end_date", &program.end_date)?, calendar::last_day(start_date));
    let rests = pauses.iter().any(|pause| pause.resume.is_none());
    let (state, completed_date) = match program.status() {
        wire::Status::Active if rests => {
            return Err(Error::invalid("status", "must be PAUSED while a pause is open"));
        }
        wire::Status::Paused if !rests => {
            return Err(Error::invalid("status", "must not be PAUSED unless a pause is open"));
        }
        wire::Status::Active => (State::Active, None),
        wire::Status::Paused => (State::Paused, None),
        wire::Status::Completed => (State::Completed, Some(end_date)),
        wire::Status::Unspecified => return Err(Error::invalid("status", "must be given")),
    };
    if end_date > planned || (completed_date.is_none() && end_date != planned) {
        let message = "must be the 90th day, or an earlier one of a program that is COMPLETED";
        return Err(Error::invalid("end_date", message));
    }
    Ok((state, completed_date))
}

fn pauses(pauses: &[wire::Pause]) -> Result<Vec<Pause>, Error> {
    let mut read: Vec<Pause> = Vec::with_capacity(pauses.len());
    for (n, pause) in pauses.iter().enumerate() {
        let fault = |field: &str, message| Err(Error::invalid(format!("pauses[{n}].{field}"), message));
        let from = time::date(&format!("pauses[{n}].from_date"), &pause.from_date)?;
        let resume = match pause.resume_date.as_str() {
            "" => None,
            day => Some(time::date(&format!("pauses[{n}].resume_date"), day)?),
        };
        if read.last().is_some_and(|before| before.from >= from) {
            return fault("from_date", "must be later than that of the pause before");
        }
        if resume.is_some_and(|resume| resume <= from) {
            return fault("resume_date", "must be later than from_date");
        }
        if resume.is_none() && n + 1 < pauses.len() {
            return fault("resume_date", "must be given but for the last pause");
        }
        read.push(Pause { from, resume });
    }
    Ok(read)
}

fn configs(configs: &[wire::Config], start_date: NaiveDate) -> Result<Vec<Config>, Error> {
    let mut read = Vec::with_capacity(configs.len());
    for (version, (n, config)) in (1..).zip(configs.iter().enumerate()) {
        let effective_date = time::date(&format!("configs[{n}].effective_date"), &config.effective_date)?;
        if config.version != version {
            return Err(Error::invalid(format!("configs[{n}].version"), "must count from 1"));
        }
        if effective_date < start_date {
            let message = "must not be earlier than the program's start_date";
            return Err(Error::invalid(format!("configs[{n}].effective_date"), message));
        }
        let wire::Config { nutrition_goals, strength_goals, clinical_goals, phases, .. } = config.clone();
        let goals = wire::Goals { nutrition_goals, strength_goals, clinical_goals, phases };
        let goals = Goals::read(&goals, &format!("configs[{n}]."))
            .map_err(|faults: Vec<FieldError>| Error::invalid_fields(faults))?;
        read.push(Config { version, effective_date, goals });
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
