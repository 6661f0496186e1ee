//! Programs whose plans are locked, and what is known of them.

use std::collections::{BTreeSet, HashMap};

use backends::Tx;
use chassis::Error;
use chrono::NaiveDate;

use super::Entry;
use crate::domain::history::History;
use crate::domain::plan::Plan;
use crate::domain::standing::{Changes, Recorded, Standing};
use crate::domain::week;
use crate::store::{self, Scope, Span};

/// How many programs are remembered from one batch to the next.
const MOST_REMEMBERED: usize = 2_048;

/// A program whose plan is locked.
pub struct Program {
    /// The version of the plan.
    pub plan_version: i64,
    /// How it stands.
    pub standing: Standing,
    last_event: i64,
    weeks: BTreeSet<Span>,
}

/// What programs that were logged to a moment ago looked like then. It holds for as long as nothing has happened to them since, which
/// the id of a program's last event and the version of its plan tell.
#[derive(Default)]
pub struct Remembered(HashMap<Scope, Known>);

struct Known {
    plan: Plan,
    last_event: i64,
    weeks: BTreeSet<Span>,
    history: History,
    scored: BTreeSet<NaiveDate>,
}

impl Remembered {
    /// Locks the plans of the entries' programs, and brings what the entries need to know of them. A program without a plan is left out.
    pub async fn lock(&mut self, tx: &Tx, entries: &[Entry]) -> Result<HashMap<Scope, Program>, Error> {
        let scopes: BTreeSet<_> = entries.iter().map(|entry| entry.scope).collect();
        let versions = store::plan::lock_all(tx, &scopes.into_iter().collect::<Vec<_>>()).await?;
        let scopes: Vec<_> = versions.keys().copied().collect();
        let logs: Vec<_> =
            entries.iter().map(|entry| (entry.scope, entry.revision.contribution.log_id)).collect();
        let store::known::Known { recorded, last_events } = store::known::of(tx, &scopes, &logs).await?;
        let weeks = weeks(entries, &recorded);
        let last_event = |scope: &Scope| last_events.get(scope).copied().unwrap_or(0);
        let holds = |scope: &Scope, known: &Known| {
            known.last_event == last_event(scope)
                && versions.get(scope) == Some(&known.plan.version)
                && known.weeks.is_superset(&weeks)
        };
        let mut known: HashMap<_, _> = scopes
            .iter()
            .filter_map(|scope| Some((*scope, self.0.remove(scope)?)))
            .filter(|(scope, known)| holds(scope, known))
            .collect();
        let unknown: Vec<_> = scopes.into_iter().filter(|scope| !known.contains_key(scope)).collect();
        known.extend(read(tx, unknown, &weeks).await?);
        let mut recorded = by_program(recorded);
        let program = |(scope, known): (Scope, Known)| {
            let Known { plan, weeks, history, scored, .. } = known;
            let recorded = recorded.remove(&scope).unwrap_or_default();
            let (plan_version, last_event) = (plan.version, last_event(&scope));
            let standing = Standing::new(plan, recorded, history, scored);
            (scope, Program { plan_version, standing, last_event, weeks })
        };
        Ok(known.into_iter().map(program).collect())
    }

    /// Remembers a program, once its changes are committed.
    pub fn remember(&mut self, scope: Scope, program: Left) {
        if self.0.len() >= MOST_REMEMBERED {
            self.0.clear();
        }
        self.0.insert(scope, program.0);
    }
}

/// A program as its changes leave it.
pub struct Left(Known);

impl Program {
    /// What is to be stored of it: with the id of the last event there was, and, until that is committed, what it leaves.
    pub fn changes(self) -> (Changes, i64, impl FnOnce(i64) -> Left) {
        let Self { standing, last_event, weeks, .. } = self;
        let (changes, plan, history, scored) = standing.changes();
        let left = |last_event| Left(Known { plan, last_event, weeks, history, scored });
        (changes, last_event, left)
    }
}

/// What is stored of programs, in some weeks.
async fn read(tx: &Tx, scopes: Vec<Scope>, weeks: &BTreeSet<Span>) -> Result<Vec<(Scope, Known)>, Error> {
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let spans: Vec<_> = weeks.iter().copied().collect();
    let mut held = by_program(store::contribution::held_of(tx, &scopes, &spans).await?);
    let mut scored = by_program(store::metric::dates_of(tx, &scopes, &spans).await?);
    let known = |(scope, plan): (Scope, Plan)| {
        let history = History::of(held.remove(&scope).unwrap_or_default());
        let scored = scored.remove(&scope).unwrap_or_default().into_iter().collect();
        (scope, Known { plan, last_event: 0, weeks: weeks.clone(), history, scored })
    };
    let plans = store::plan::all(tx, &scopes).await?;
    Ok(plans.into_iter().map(known).collect())
}

/// The weeks of all days that a log counts for, or counted for before.
fn weeks(entries: &[Entry], recorded: &[(Scope, Recorded)]) -> BTreeSet<Span> {
    let days = entries.iter().map(|entry| entry.revision.contribution.date);
    let days = days.chain(recorded.iter().map(|(_, recorded)| recorded.date));
    days.map(|day| (week::monday(day), week::sunday(day))).collect()
}

fn by_program<T>(rows: Vec<(Scope, T)>) -> HashMap<Scope, Vec<T>> {
    let mut by_program: HashMap<_, Vec<_>> = HashMap::new();
    for (scope, row) in rows {
        by_program.entry(scope).or_default().push(row);
    }
    by_program
}
