//! The scores of programs as they stand, at hand.
//!
//! Whoever commits a new score puts it here in the old one's place, and tells the other processes that theirs is worthless ([`news`]). What
//! was read from the database while a score was committed is never kept: every program has a mark that each commit moves, and what
//! was begun under another mark does not count. A summary holds for the week it was made in: its days to come say what will be if
//! nothing is logged, which is what they do say when they have come.

mod marks;
mod news;

use std::sync::Arc;
use std::time::Duration;

use backends::Cache;
use chassis::cached::Cached;
use chassis::{Error, Foundation};
use chrono::{Days, NaiveDate};

use crate::domain::day::Scores;
use crate::domain::plan::{Plan, days};
use crate::domain::week;
use crate::plans::Plans;
use crate::reading::Reading;
use crate::store::Scope;
use marks::Mark;
pub use marks::Marks;
use news::News;

/// How much memory they may take: a hundred thousand programs of some weeks, of one to five kilobytes each.
const MOST_BYTES: u64 = 192 * 1024 * 1024;
/// Longer than families are away.
const LIVES: Duration = Duration::from_hours(24);
/// What a summary takes beside its plan and its days, with its place among the others.
const FRAME_BYTES: usize = 512;
/// How much more memory a plan takes than it has letters as JSON.
const PLAN_GROWS: usize = 2;

/// A program's days.
#[derive(Clone)]
pub struct Summary {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The days of the program and the last seven, be they the program's or not, to the end of the week, oldest first.
    days: Vec<Scores>,
    /// The last of them.
    until: NaiveDate,
    mark: Mark,
    plan_bytes: usize,
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
        let known = Cached::weighed("summaries", MOST_BYTES, LIVES, |summary: &Arc<Summary>| summary.bytes());
        Ok(Self { plans, reading, marks, known, news })
    }

    /// The summary of a program up to a day, of a plan at least as new as a version.
    pub async fn get(&self, scope: Scope, version: i64, today: NaiveDate) -> Result<Arc<Summary>, Error> {
        let mark = self.marks.of(scope.program_id);
        let good = |summary: &Arc<Summary>| {
            summary.mark == mark && summary.covers(today) && summary.plan.version >= version
        };
        let read = || Box::pin(self.read(scope, version, today));
        self.known.get_good_or(scope.program_id, good, read).await
    }

    /// Takes over what is seen of days after a commit: all that has changed.
    pub async fn committed(&self, scope: Scope, seen: &[Scores]) {
        let program_id = scope.program_id;
        let mark = self.marks.move_on(program_id);
        self.news.tell(program_id);
        let known = self.known.peek(&program_id).await;
        let Some(known) = known.filter(|known| mark.follows(known.mark)) else { return };
        let mut summary = Summary { mark, ..known.as_ref().clone() };
        seen.iter().for_each(|day| summary.replace(day));
        self.known.put(program_id, Arc::new(summary)).await;
    }

    async fn read(&self, scope: Scope, version: i64, today: NaiveDate) -> Result<Arc<Summary>, Error> {
        let mark = self.marks.of(scope.program_id);
        let plan = self.plans.at_least(scope, version).await?;
        let until = week::sunday(today);
        let mut dates = plan.days(plan.start, until);
        dates.extend(days(today - Days::new(6), until));
        dates.sort_unstable();
        dates.dedup();
        let days = self.reading.days(&plan, &dates).await?.iter().map(|day| **day).collect();
        let plan_bytes = serde_json::to_vec(&plan).map_err(Error::internal)?.len() * PLAN_GROWS;
        Ok(Arc::new(Summary { plan: Arc::new(plan), days, until, mark, plan_bytes }))
    }
}

impl Summary {
    /// The days of the program so far, and the last seven, be they the program's or not.
    pub fn so_far(&self, today: NaiveDate) -> impl Iterator<Item = &Scores> {
        let week = today - Days::new(6)..=today;
        let program = self.plan.start..=self.plan.end.min(today);
        self.days.iter().filter(move |day| week.contains(&day.date) || program.contains(&day.date))
    }

    /// Some days, in their order.
    pub fn days<'a>(&'a self, dates: &'a [NaiveDate]) -> impl Iterator<Item = &'a Scores> {
        dates.iter().filter_map(|date| self.days.get(self.place(*date)?))
    }

    /// Whether it holds the seven days up to one.
    fn covers(&self, today: NaiveDate) -> bool {
        today <= self.until && self.place(today - Days::new(6)).is_some()
    }

    fn replace(&mut self, day: &Scores) {
        if let Some(place) = self.place(day.date) {
            self.days[place] = *day;
        }
    }

    fn place(&self, date: NaiveDate) -> Option<usize> {
        self.days.binary_search_by_key(&date, |day| day.date).ok()
    }

    fn bytes(&self) -> usize {
        FRAME_BYTES + self.plan_bytes + self.days.len() * size_of::<Scores>()
    }
}
