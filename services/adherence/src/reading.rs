//! Scores as they stand: those that are stored, and, by the same function, those of days that nothing was logged for.

use std::collections::BTreeMap;

use chassis::Error;
use chrono::NaiveDate;

use crate::domain::day::Day;
use crate::domain::history::History;
use crate::domain::plan::Plan;
use crate::domain::week;
use crate::store::{self, Scope, Store};

/// Reads scores.
#[derive(Clone)]
pub struct Reading {
    store: Store,
}

impl Reading {
    /// Reads the scores in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The scores of some days, in their order. The plan must be at least as new as the stored scores.
    pub async fn days(&self, plan: &Plan, dates: &[NaiveDate]) -> Result<Vec<Day>, Error> {
        let (Some(first), Some(last)) = (dates.iter().min().copied(), dates.iter().max().copied()) else {
            return Ok(Vec::new());
        };
        let scope = Scope { family_id: plan.family_id, program_id: plan.program_id };
        let reader = self.store.db().read(scope.into()).await?;
        let stored = store::metric::between(reader.connection(), scope, first, last).await?;
        let mut stored: BTreeMap<_, _> = stored.into_iter().map(|day| (day.date, day)).collect();
        let missing = || dates.iter().filter(|date| !stored.contains_key(date));
        let history = match (missing().min(), missing().max()) {
            (Some(first), Some(last)) => {
                let span = (week::monday(*first), *last);
                History::of(store::contribution::held(reader.connection(), scope, span).await?)
            }
            _ => History::default(),
        };
        let day = |date: &NaiveDate| stored.remove(date).unwrap_or_else(|| Day::of(plan, &history, *date));
        Ok(dates.iter().map(day).collect())
    }
}
