//! What a batch of logs must know of its programs before it counts, in one journey to the database.

use std::collections::HashMap;

use backends::{DbResultExt, Tx};
use chassis::Error;
use sea_orm::sea_query::UnionType;
use sea_orm::{ConnectionTrait, QueryResult};

use super::{Scope, contribution, event};
use crate::domain::standing::Recorded;

/// What is known of some programs.
#[derive(Default)]
pub struct Known {
    /// What is recorded of the logs that were asked for, each with the program it belongs to.
    pub recorded: Vec<(Scope, Recorded)>,
    /// The ids of the newest events of those programs that have plans; 0 where there is none.
    pub last_events: HashMap<Scope, i64>,
}

/// Asks for some programs and some logs of theirs.
pub async fn of(tx: &Tx, scopes: &[Scope], logs: &[(Scope, i64)]) -> Result<Known, Error> {
    let mut query = contribution::of_logs(tx, logs);
    query.union(UnionType::All, event::last_of(tx, scopes));
    let mut known = Known::default();
    for row in tx.connection().query_all(&query).await.stored()? {
        known.take(&row)?;
    }
    Ok(known)
}

impl Known {
    /// A row of a log has a revision, and one of a program has none.
    fn take(&mut self, row: &QueryResult) -> Result<(), Error> {
        let scope = Scope {
            family_id: row.try_get_by_index(0).stored()?,
            program_id: row.try_get_by_index(1).stored()?,
        };
        let Some(revision) = row.try_get_by_index(3).stored()? else {
            let last: Option<i64> = row.try_get_by_index(2).stored()?;
            self.last_events.insert(scope, last.unwrap_or(0));
            return Ok(());
        };
        let (log_id, date) = (row.try_get_by_index(2).stored()?, row.try_get_by_index(4).stored()?);
        let impact = row.try_get_by_index(5).stored()?;
        self.recorded.push((scope, Recorded { log_id, revision, date, impact }));
        Ok(())
    }
}
