//! The plans at hand. A newer one is stored together with the scores it leads to, so that scores and plan always agree.

use backends::Tx;
use chassis::Error;
use chassis::clock::Clock;

use crate::clients::Programs;
use crate::domain::day::Day;
use crate::domain::event::{Event, Kind};
use crate::domain::history::History;
use crate::domain::plan::Plan;
use crate::store::{self, Scope, Store};
use crate::summaries::Marks;
use crate::watch::Bells;

/// Keeps the plans up to date.
#[derive(Clone)]
pub struct Plans {
    store: Store,
    programs: Programs,
    bells: Bells,
    marks: Marks,
    clock: Clock,
}

impl Plans {
    /// Keeps the plans in `store` up to date with `programs`.
    pub fn new(store: Store, programs: Programs, bells: Bells, clock: Clock) -> Self {
        Self { store, programs, bells, marks: Marks::default(), clock }
    }

    /// What moves with every plan and every score.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Where the plans are kept.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The plan of a program, at least as new as `version`.
    pub async fn at_least(&self, scope: Scope, version: i64) -> Result<Plan, Error> {
        match self.store.plan(scope).await? {
            Some(plan) if plan.version >= version => Ok(plan),
            _ => self.renew(scope).await,
        }
    }

    /// The plan of a program as its owner has it now, and as all who come after find it here.
    pub async fn renew(&self, scope: Scope) -> Result<Plan, Error> {
        // never asks another service while it holds a transaction
        let newer = self.fetch(scope).await?;
        let tx = self.store.db().open(scope.into()).await?;
        let plan = self.install(&tx, scope, newer).await?;
        tx.commit_quietly().await?;
        self.changed(scope);
        Ok(plan)
    }

    /// The plan of a program from its owner.
    pub async fn fetch(&self, scope: Scope) -> Result<Plan, Error> {
        let plan = self.programs.plan(scope.program_id).await?;
        let agree = plan.family_id == scope.family_id && plan.program_id == scope.program_id;
        if agree { Ok(plan) } else { Err(Error::invalid("family_id", "must be the family of the program")) }
    }

    /// Takes the lock on a program's plan, which makes all who touch its scores follow each other, and stores `fetched` if it is
    /// newer, with the scores of every day that has some. Returns the plan that holds.
    pub async fn install(&self, tx: &Tx, scope: Scope, fetched: Plan) -> Result<Plan, Error> {
        store::plan::insert_if_absent(tx, &fetched).await?;
        let at_hand = store::plan::lock(tx, scope).await?;
        let at_hand = at_hand.ok_or_else(|| Error::unavailable("a plan was erased meanwhile"))?;
        if fetched.version <= at_hand.version {
            return Ok(at_hand);
        }
        store::plan::replace(tx, &fetched).await?;
        self.recompute(tx, scope, &fetched).await?;
        Ok(fetched)
    }

    /// Tells that a plan, and perhaps scores, are others now.
    pub fn changed(&self, scope: Scope) {
        self.marks.move_on(scope.program_id);
        self.ring(scope);
    }

    /// Tells the watchers of a program that something may have happened.
    pub fn ring(&self, scope: Scope) {
        self.bells.ring(scope.program_id);
    }

    async fn recompute(&self, tx: &Tx, scope: Scope, plan: &Plan) -> Result<(), Error> {
        let before = store::metric::all(tx.connection(), scope).await?;
        let history = History::of(store::contribution::all(tx.connection(), scope).await?);
        let after: Vec<_> = before.iter().map(|day| Day::of(plan, &history, day.date)).collect();
        store::metric::put(tx, scope, &after, self.clock.now())?;
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
        let last = store::event::last_id(tx.connection(), scope).await?;
        store::event::append(tx, scope, news.collect(), last).map(drop)
    }
}
