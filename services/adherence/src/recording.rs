//! How logs get into the score: many at once, in one transaction under the locks of their programs' plans. Whatever comes twice, late
//! or in another order leaves the same scores behind, since they are computed from what holds then, and never added to.

mod lock;

use async_trait::async_trait;
use backends::Kept;
use backends::together::{Batch, Together};
use chassis::clock::Clock;
use chassis::{Error, Foundation};
use tokio::sync::Mutex;

use crate::domain::standing::{Changes, Revision};
use crate::plans::Plans;
use crate::store::{self, Scope};
use crate::summaries::Summaries;
use lock::Remembered;

/// One revision of a log.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Entry {
    /// Where it belongs.
    pub scope: Scope,
    /// What it says.
    pub revision: Revision,
    /// The version of the plan it was made under.
    pub plan_version: i64,
    /// Whether it would be said again if the database lost it within a second. One that comes again, since nobody knows whether it came
    /// before, waits for the disk, and with it for what came before: the locks of the plans are on disk too.
    pub said_again: bool,
}

/// Takes logs into the score.
pub struct Recording {
    plans: Plans,
    together: Together<Batches>,
}

/// What came of a revision.
#[derive(Clone, Copy)]
enum Outcome {
    /// It moved the total of its day by so many hundredths of a point.
    Impact(i32),
    /// Nothing: the plan at hand is older than the one it was made under.
    PlanTooOld,
}

struct Batches {
    plans: Plans,
    remembered: Mutex<Remembered>,
    summaries: Summaries,
    clock: Clock,
}

impl Recording {
    /// Takes logs into the scores that `plans` are for, and the new scores into `summaries`.
    pub fn start(foundation: &Foundation, plans: Plans, summaries: Summaries) -> Self {
        let batches = Batches {
            plans: plans.clone(),
            remembered: Mutex::default(),
            summaries,
            clock: foundation.clock.clone(),
        };
        Self { plans, together: Together::start(foundation, "recording", batches) }
    }

    /// Takes a revision into the score, once, and returns by how many hundredths of a point the total of its day moved.
    pub async fn record(&self, entry: Entry) -> Result<i32, Error> {
        if let Outcome::Impact(impact) = self.together.done(entry.clone()).await? {
            return Ok(impact);
        }
        self.plans.renew(entry.scope).await?;
        match self.together.done(entry).await? {
            Outcome::Impact(impact) => Ok(impact),
            Outcome::PlanTooOld => {
                Err(Error::unavailable("the program service has an older plan than it had"))
            }
        }
    }
}

#[async_trait]
impl Batch for Batches {
    type Work = Entry;
    type Done = Outcome;

    async fn run(&self, entries: &[Entry]) -> Result<Vec<Outcome>, Error> {
        let now = self.clock.now();
        let mut remembered = self.remembered.lock().await;
        let kept = match entries.iter().all(|entry| entry.said_again) {
            true => Kept::Soon,
            false => Kept::AtOnce,
        };
        let families = entries.iter().map(|entry| entry.scope.family_id);
        let tx = self.plans.store().db().open_for(families, kept).await?;
        let mut programs = remembered.lock(&tx, entries).await?;
        let take = |entry: &Entry| match programs.get_mut(&entry.scope) {
            Some(program) if program.plan_version >= entry.plan_version => {
                Outcome::Impact(program.standing.take(&entry.revision, now))
            }
            _ => Outcome::PlanTooOld,
        };
        let outcomes = entries.iter().map(take).collect();
        let mut moved = Vec::with_capacity(programs.len());
        for (scope, program) in programs {
            let (Changes { contributions, days, seen, events }, last_event, left) = program.changes();
            for (contribution, impact) in &contributions {
                store::contribution::insert(&tx, scope, contribution, *impact, now)?;
            }
            store::metric::put(&tx, scope, days.values(), now)?;
            let last_event = store::event::append(&tx, scope, events, last_event)?;
            moved.push((scope, seen, left(last_event)));
        }
        tx.commit_quietly().await?;
        for (scope, seen, left) in moved {
            remembered.remember(scope, left);
            self.summaries.committed(scope, &seen).await;
            self.plans.ring(scope);
        }
        Ok(outcomes)
    }
}
