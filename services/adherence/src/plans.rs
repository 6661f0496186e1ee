//! The plans at hand. A newer one is stored together with the scores it leads to, so that scores and plan always agree.

use backends::{Action, Tx};
use chassis::clock::Clock;
use chassis::{Actor, Error};
use uuid::Uuid;

use crate::clients::Programs;
use crate::domain::day::Day;
use crate::domain::event::{Event, Kind};
use crate::domain::history::History;
use crate::domain::plan::Plan;
use crate::store::{self, Scope, Store};
use crate::watch::Bells;

/// Keeps the plans up to date.
#[derive(Clone)]
pub struct Plans {
    store: Store,
    programs: Programs,
    bells: Bells,
    clock: Clock,
}

impl Plans {
    /// Keeps the plans in `store` up to date with `programs`.
    pub fn new(store: Store, programs: Programs, bells: Bells, clock: Clock) -> Self {
        Self { store, programs, bells, clock }
    }

    /// Where the plans are kept.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The plan of a program, at least as new as `version`.
    pub async fn at_least(&self, scope: Scope, version: i64) -> Result<Plan, Error> {
        match self.store.plan(scope).await? {
            Some(plan) if plan.version >= version => Ok(plan),
            _ => {
                let plan = self.fetch(scope).await?;
                let tx = self
                    .store
                    .db()
                    .write(&Actor::system(Uuid::nil()), Action::Update, "Score", scope.into())
                    .await?;
                let plan = self.install(&tx, scope, Some(plan)).await?;
                tx.commit_quietly().await?;
                self.bells.ring(scope.program_id);
                Ok(plan)
            }
        }
    }

    /// The plan of a program from its owner, when the one at hand is older than `version`. Before a transaction, never within.
    pub async fn fetch_if_older(&self, scope: Scope, version: i64) -> Result<Option<Plan>, Error> {
        match self.store.plan_version(scope).await? {
            Some(at_hand) if at_hand >= version => Ok(None),
            _ => Ok(Some(self.fetch(scope).await?)),
        }
    }

    /// The plan of a program from its owner.
    pub async fn fetch(&self, scope: Scope) -> Result<Plan, Error> {
        let plan = self.programs.plan(scope.program_id).await?;
        let agree = plan.family_id == scope.family_id && plan.program_id == scope.program_id;
        if agree { Ok(plan) } else { Err(Error::invalid("family_id", "must be the family of the program")) }
    }

    /// Takes the lock on a program's plan, which makes all who touch its scores follow each other, and stores `fetched` if it is
    /// newer, with the scores of every day that has some. Returns the plan that holds.
    pub async fn install(&self, tx: &Tx, scope: Scope, fetched: Option<Plan>) -> Result<Plan, Error> {
        if let Some(plan) = &fetched {
            store::plan::insert_if_absent(tx, plan).await?;
        }
        let at_hand = store::plan::lock(tx, scope).await?;
        match fetched {
            Some(plan) if plan.version > at_hand.version => {
                store::plan::replace(tx, &plan).await?;
                self.recompute(tx, scope, &plan).await?;
                Ok(plan)
            }
            _ => Ok(at_hand),
        }
    }

    /// Tells the watchers of a program that something may have happened.
    pub fn ring(&self, scope: Scope) {
        self.bells.ring(scope.program_id);
    }

    async fn recompute(&self, tx: &Tx, scope: Scope, plan: &Plan) -> Result<(), Error> {
        let before = store::metric::all(tx.connection(), scope).await?;
        let history = History::of(store::contribution::all(tx.connection(), scope).await?);
        let after: Vec<_> = before.iter().map(|day| Day::of(plan, &history, day.date)).collect();
        store::metric::put(tx, scope, &after, self.clock.now()).await?;
        let changed = before.iter().zip(&after).filter(|(before, after)| before.total != after.total);
        let news = changed.map(|(_, day)| Event {
            id: 0,
            kind: Kind::Score,
            log_id: 0,
            log_type: None,
            status: None,
            date: day.date,
            total: day.total,
            occurred_at: self.clock.now(),
        });
        store::event::append(tx, scope, news.collect()).await
    }
}
