//! The scores of programs as they stand, at hand.
//!
//! Whoever commits a new score puts it here in the old one's place, and tells the other processes that theirs is worthless. What was read
//! from the database while a score was committed is never kept: every program has a mark that each commit moves, and what was begun
//! under another mark does not count. A message may get lost with the cache that carries it; so nothing is kept for longer than a
//! minute.

mod marks;
mod news;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use backends::Cache;
use chassis::cached::Cached;
use chassis::{Error, Foundation};
use chrono::{Days, NaiveDate};

use crate::domain::day::Day;
use crate::domain::plan::{Plan, days};
use crate::domain::week;
use crate::plans::Plans;
use crate::reading::Reading;
use crate::store::Scope;
pub use marks::Marks;
use news::News;

/// A summary of all ninety days takes some 40 KiB.
const MOST: u64 = 2_000;
const LIVES: Duration = Duration::from_secs(60);

/// A program's days up to a day.
#[derive(Clone)]
pub struct Summary {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The days of the program so far, and the last seven, be they the program's or not.
    pub days: BTreeMap<NaiveDate, Arc<Day>>,
    /// The last of them.
    today: NaiveDate,
    mark: u32,
}

/// Summaries at hand.
#[derive(Clone)]
pub struct Summaries {
    plans: Plans,
    reading: Reading,
    marks: Marks,
    known: Cached<i64, Arc<Summary>>,
    news: News,
}

impl Summaries {
    /// Reads what is not at hand, and hears by `cache` of what other processes commit.
    pub async fn start(
        foundation: &Foundation,
        cache: Arc<dyn Cache>,
        plans: Plans,
        reading: Reading,
    ) -> Result<Self, Error> {
        let marks = plans.marks().clone();
        let news = News::start(foundation, cache, marks.clone()).await?;
        Ok(Self { plans, reading, marks, known: Cached::new("summaries", MOST, LIVES), news })
    }

    /// The summary of a program up to a day, of a plan at least as new as a version.
    pub async fn get(&self, scope: Scope, version: i64, today: NaiveDate) -> Result<Arc<Summary>, Error> {
        let mark = self.marks.of(scope.program_id);
        let good = |summary: &Arc<Summary>| {
            summary.mark == mark && summary.today == today && summary.plan.version >= version
        };
        let read = || Box::pin(self.read(scope, version, today));
        self.known.get_good_or(scope.program_id, good, read).await
    }

    /// Takes over days that were committed just now.
    pub async fn committed(&self, scope: Scope, changed: BTreeMap<NaiveDate, Day>) {
        let program_id = scope.program_id;
        let before = self.marks.of(program_id);
        let mark = self.marks.move_on(program_id);
        self.news.tell(program_id);
        let known = self.known.peek(&program_id).await;
        let holds = |known: &Arc<Summary>| known.mark == before && known.hangs_on_nothing_but(&changed);
        let Some(known) = known.filter(holds) else { return };
        let mut summary = Summary { mark, ..known.as_ref().clone() };
        let days = changed.into_iter().filter(|(date, _)| *date <= known.today);
        summary.days.extend(days.map(|(date, day)| (date, Arc::new(day))));
        self.known.put(program_id, Arc::new(summary)).await;
    }

    async fn read(&self, scope: Scope, version: i64, today: NaiveDate) -> Result<Arc<Summary>, Error> {
        let mark = self.marks.of(scope.program_id);
        let plan = self.plans.at_least(scope, version).await?;
        let mut dates = plan.days(plan.start, today);
        dates.extend(days(today - Days::new(6), today));
        dates.sort_unstable();
        dates.dedup();
        let days = self.reading.days(&plan, &dates).await?;
        let days = days.into_iter().map(|day| (day.date, Arc::new(day))).collect();
        Ok(Arc::new(Summary { plan: Arc::new(plan), days, today, mark }))
    }
}

impl Summary {
    /// Whether no day that is not among those that have changed looks at them: a log counts in its week from its day on, also on
    /// days that have no score of their own and were computed for whoever looked.
    fn hangs_on_nothing_but(&self, changed: &BTreeMap<NaiveDate, Day>) -> bool {
        let (Some((first, _)), Some((last, _))) = (changed.first_key_value(), changed.last_key_value())
        else {
            return true;
        };
        self.days.range(*first..=week::sunday(*last)).all(|(date, _)| changed.contains_key(date))
    }

    /// Some days, in their order.
    pub fn days<'a>(&'a self, dates: &'a [NaiveDate]) -> impl Iterator<Item = &'a Day> {
        dates.iter().filter_map(|date| self.days.get(date)).map(Arc::as_ref)
    }
}
