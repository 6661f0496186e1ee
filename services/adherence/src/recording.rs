//! How a log gets into the score: one transaction under the lock of the program's plan. Whatever comes twice, late or in another
//! order leaves the same scores behind, since they are computed from what holds then, and never added to.

use std::collections::BTreeSet;

use backends::Tx;
use chassis::Error;
use chassis::clock::Clock;
use chrono::NaiveDate;

use crate::domain::day::Day;
use crate::domain::event::{Event, Kind, LogStatus};
use crate::domain::history::{Contribution, History};
use crate::domain::plan::{Plan, days};
use crate::domain::score::Score;
use crate::domain::week;
use crate::plans::Plans;
use crate::store::contribution::Recorded;
use crate::store::{self, Scope};
use crate::watch::Bells;

/// One revision of a log.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Entry {
    /// Where it belongs.
    pub scope: Scope,
    /// What it adds.
    pub contribution: Contribution,
    /// The log's state.
    pub status: LogStatus,
    /// The member's local day now.
    pub today: NaiveDate,
    /// The version of the plan it was made under.
    pub plan_version: i64,
}

/// Takes logs into the score.
pub struct Recording {
    plans: Plans,
    bells: Bells,
    clock: Clock,
}

/// A day's scores with and without the revision in question.
struct Change {
    before: Day,
    after: Day,
}

impl Recording {
    /// Takes logs into the scores that `plans` are for.
    pub fn new(plans: Plans, bells: Bells, clock: Clock) -> Self {
        Self { plans, bells, clock }
    }

    /// Takes a revision into the score, once, and returns by how many hundredths of a point the total of its day moved.
    pub async fn record(&self, entry: Entry) -> Result<i32, Error> {
        let (tx, plan) = self.plans.locked(entry.scope, entry.plan_version).await?;
        let impact = self.take(&tx, &plan, &entry).await?;
        tx.commit_quietly().await?;
        self.bells.ring(entry.scope.program_id);
        Ok(impact)
    }

    async fn take(&self, tx: &Tx, plan: &Plan, entry: &Entry) -> Result<i32, Error> {
        let Entry { scope, contribution: new, .. } = entry;
        let known = store::contribution::of_log(tx, *scope, new.log_id).await?;
        if let Some(same) = known.iter().find(|recorded| recorded.revision == new.revision) {
            return Ok(same.impact);
        }
        let held = known.iter().max_by_key(|recorded| recorded.revision);
        if held.is_some_and(|held| held.revision > new.revision) {
            // it comes late, and says what is no longer so
            store::contribution::insert(tx, *scope, new, 0, self.clock.now())?;
            return Ok(0);
        }
        let changes = changes(tx, plan, entry, held).await?;
        let of_its_day = changes.iter().find(|change| change.after.date == new.date);
        let impact =
            of_its_day.map_or(0, |change| hundredths(change.after.total) - hundredths(change.before.total));
        store::contribution::insert(tx, *scope, new, impact, self.clock.now())?;
        let after: Vec<_> = changes.iter().map(|change| change.after.clone()).collect();
        store::metric::put(tx, *scope, &after, self.clock.now())?;
        store::event::append(tx, *scope, self.news(entry, &changes)).await?;
        Ok(impact)
    }

    /// That the log has a new revision, and which days have a new total by it.
    fn news(&self, entry: &Entry, changes: &[Change]) -> Vec<Event> {
        let event = |kind, date, total| Event {
            id: 0,
            kind,
            log_id: entry.contribution.log_id,
            log_type: Some(entry.contribution.part.log_type()),
            status: Some(entry.status),
            date,
            total,
            occurred_at: self.clock.now(),
        };
        let date = entry.contribution.date;
        let total =
            changes.iter().find(|change| change.after.date == date).and_then(|change| change.after.total);
        let moved = changes.iter().filter(|change| change.before.total != change.after.total);
        let scores = moved.map(|change| event(Kind::Score, change.after.date, change.after.total));
        std::iter::once(event(Kind::Log, date, total)).chain(scores).collect()
    }
}

/// The days a revision touches, oldest first. A log counts in its ISO week from its day on; so it may touch the rest of the week
/// of its day, and of the day it had before, as far as these days have come or have a score already.
async fn changes(tx: &Tx, plan: &Plan, entry: &Entry, held: Option<&Recorded>) -> Result<Vec<Change>, Error> {
    let Entry { scope, contribution: new, today, .. } = entry;
    let from: BTreeSet<_> = held.map(|held| held.date).into_iter().chain([new.date]).collect();
    let weeks: Vec<_> = from.iter().map(|date| (week::monday(*date), week::sunday(*date))).collect();
    let scored = store::metric::dates(tx, *scope, &weeks).await?;
    let others = store::contribution::held(tx.connection(), *scope, &weeks).await?;

    let last = new.date.max(*today);
    let rest = from.iter().flat_map(|date| days(*date, week::sunday(*date)));
    let touched: BTreeSet<_> = rest.filter(|date| *date <= last || scored.contains(date)).collect();
    let before = History::of(others.iter().cloned());
    let after = History::of(others.into_iter().chain([new.clone()]));
    let change = |date| Change { before: Day::of(plan, &before, date), after: Day::of(plan, &after, date) };
    Ok(touched.into_iter().map(change).collect())
}

fn hundredths(total: Option<Score>) -> i32 {
    total.map_or(0, Score::hundredths)
}
