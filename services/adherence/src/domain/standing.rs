//! How a program stands while nobody else touches its scores, and what revisions of logs make of that: one after the other, each
//! from what the ones before it have left.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::day::{Day, Scores};
use super::event::{Event, Kind, LogStatus};
use super::history::{Contribution, History};
use super::plan::{Plan, days};
use super::score::Score;
use super::week;

/// A revision that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The log.
    pub log_id: i64,
    /// The revision.
    pub revision: i32,
    /// The day it counted for.
    pub date: NaiveDate,
    /// By how many hundredths of a point it moved the total of its day.
    pub impact: i32,
}

/// A revision of a log that is to be taken in.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Revision {
    /// What it adds.
    pub contribution: Contribution,
    /// The log's state.
    pub status: LogStatus,
    /// The member's local day now.
    pub today: NaiveDate,
}

/// What is known of a program.
pub struct Standing {
    plan: Plan,
    recorded: HashMap<i64, Vec<Recorded>>,
    history: History,
    scored: BTreeSet<NaiveDate>,
    changes: Changes,
}

/// What revisions have changed.
#[derive(Default)]
pub struct Changes {
    /// The revisions, each with the hundredths of a point by which it moved its day.
    pub contributions: Vec<(Contribution, i32)>,
    /// Days that have another score.
    pub days: BTreeMap<NaiveDate, Day>,
    /// What whoever looks sees of them, and of the rest of their weeks, oldest first: also of days that have no score of their own,
    /// and of those to come if nothing else is logged.
    pub seen: Vec<Scores>,
    /// What watchers hear.
    pub events: Vec<Event>,
}

impl Standing {
    /// The history must hold the weeks of the revisions to come, and of the days they counted for before; `recorded` all that is
    /// recorded of their logs, and `scored` the days of these weeks that have a score.
    pub fn new(
        plan: Plan,
        recorded: impl IntoIterator<Item = Recorded>,
        history: History,
        scored: BTreeSet<NaiveDate>,
    ) -> Self {
        let mut of_logs: HashMap<i64, Vec<Recorded>> = HashMap::new();
        for known in recorded {
            of_logs.entry(known.log_id).or_default().push(known);
        }
        Self { plan, recorded: of_logs, history, scored, changes: Changes::default() }
    }

    /// Takes in a revision, once, and tells by how many hundredths of a point the total of its day moved.
    pub fn take(&mut self, revision: &Revision, now: DateTime<Utc>) -> i32 {
        let new = &revision.contribution;
        let known = self.recorded.get(&new.log_id).map_or(&[][..], Vec::as_slice);
        if let Some(same) = known.iter().find(|recorded| recorded.revision == new.revision) {
            return same.impact;
        }
        let held = known.iter().max_by_key(|recorded| recorded.revision).copied();
        let impact = match held {
            // it comes late, and says what is no longer so
            Some(held) if held.revision > new.revision => 0,
            _ => self.change(revision, held.map(|held| held.date), now),
        };
        let Contribution { log_id, revision, date, .. } = *new;
        self.recorded.entry(log_id).or_default().push(Recorded { log_id, revision, date, impact });
        self.changes.contributions.push((new.clone(), impact));
        impact
    }

    /// What has changed, and what holds now: the plan, the history, and the days that have a score.
    pub fn changes(mut self) -> (Changes, Plan, History, BTreeSet<NaiveDate>) {
        let days = |from: &NaiveDate| days(*from, week::sunday(*from));
        let seen: BTreeSet<_> = self.changes.days.keys().flat_map(days).collect();
        self.changes.seen = seen.into_iter().map(|date| *self.score(date)).collect();
        (self.changes, self.plan, self.history, self.scored)
    }

    fn change(&mut self, revision: &Revision, before: Option<NaiveDate>, now: DateTime<Utc>) -> i32 {
        let new = &revision.contribution;
        let touched = self.touched(revision, before);
        let totals: Vec<_> = touched.iter().map(|date| self.score(*date).total).collect();
        self.history.put(before, new.clone());
        let after: Vec<_> = touched.iter().map(|date| self.score(*date)).collect();

        let of_its_day = totals.iter().zip(&after).find(|(_, after)| after.date == new.date);
        let impact = of_its_day.map_or(0, |(before, after)| hundredths(after.total) - hundredths(*before));
        let event = |kind, date, total| Event {
            id: 0,
            kind,
            log_id: new.log_id,
            log_type: Some(new.part.log_type()),
            status: Some(revision.status),
            date,
            total,
            occurred_at: now,
        };
        let total = of_its_day.and_then(|(_, after)| after.total);
        self.changes.events.push(event(Kind::Log, new.date, total));
        let moved = totals.iter().zip(&after).filter(|(before, after)| **before != after.total);
        self.changes.events.extend(moved.map(|(_, day)| event(Kind::Score, day.date, day.total)));
        self.scored.extend(touched);
        self.changes.days.extend(after.into_iter().map(|day| (day.date, day)));
        impact
    }

    /// The days a revision touches, oldest first. A log counts in its ISO week from its day on; so it may touch the rest of the
    /// week of its day, and of the day it had before, as far as these days have come or have a score already.
    fn touched(&self, revision: &Revision, before: Option<NaiveDate>) -> BTreeSet<NaiveDate> {
        let date = revision.contribution.date;
        let last = date.max(revision.today);
        let rest = before.into_iter().chain([date]).flat_map(|from| days(from, week::sunday(from)));
        rest.filter(|date| *date <= last || self.scored.contains(date)).collect()
    }

    fn score(&self, date: NaiveDate) -> Day {
        Day::of(&self.plan, &self.history, date)
    }
}

fn hundredths(total: Option<Score>) -> i32 {
    total.map_or(0, Score::hundredths)
}
