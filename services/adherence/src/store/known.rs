//! What a batch of logs must know of its programs before it counts, in one journey to the database.

use std::collections::HashMap;

use backends::{DbResultExt, Tx, among};
use chassis::Error;
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait};

use super::entity::{contributions, plans, program_events};
use super::{Scope, keys};
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
    let mut query = of_logs(tx, logs);
    query.union(UnionType::All, of_programs(tx, scopes));
    let mut known = Known::default();
    for row in tx.connection().query_all(&query).await.stored()? {
        known.take(&row)?;
    }
    Ok(known)
}

/// Family, program, log, revision, day, impact.
fn of_logs(tx: &Tx, logs: &[(Scope, i64)]) -> SelectStatement {
    use contributions::{Column, Entity};

    let keys: Vec<_> =
        logs.iter().map(|(scope, log_id)| [scope.family_id, scope.program_id, *log_id]).collect();
    let key = [Column::FamilyId, Column::ProgramId, Column::LogId];
    let more = [Column::Revision, Column::LocalDate, Column::ImpactBasisPoints];
    let query = Entity::find().filter(among(tx.connection(), key, &keys));
    query.select_only().columns(key).columns(more).into_query()
}

/// Family, program, newest event, and nothing where a log has its revision, day and impact.
fn of_programs(tx: &Tx, scopes: &[Scope]) -> SelectStatement {
    use plans::Column;
    use program_events as events;

    let same = |column: events::Column, plans: Column| {
        Expr::col((events::Entity, column)).equals((plans::Entity, plans))
    };
    let newest = events::Entity::find()
        .select_only()
        .column(events::Column::Id)
        .filter(same(events::Column::FamilyId, Column::FamilyId))
        .filter(same(events::Column::ProgramId, Column::ProgramId))
        .order_by_desc(events::Column::Id)
        .limit(1);
    let key = [Column::FamilyId, Column::ProgramId];
    let query = plans::Entity::find().filter(among(tx.connection(), key, &keys(scopes)));
    let nothing = [(); 3].map(|()| Expr::cust("NULL"));
    query.select_only().columns(key).expr(Expr::from(newest.into_query())).exprs(nothing).into_query()
}

impl Known {
    /// A row of a log has a revision, and one of a program has none.
    fn take(&mut self, row: &QueryResult) -> Result<(), Error> {
        let scope = Scope {
            family_id: row.try_get_by_index(0).stored()?,
            program_id: row.try_get_by_index(1).stored()?,
        };
        let Some(revision) = row.try_get_by_index(3).stored()? else {
            let newest: Option<i64> = row.try_get_by_index(2).stored()?;
            self.last_events.insert(scope, newest.unwrap_or(0));
            return Ok(());
        };
        let (log_id, date) = (row.try_get_by_index(2).stored()?, row.try_get_by_index(4).stored()?);
        let impact = row.try_get_by_index(5).stored()?;
        self.recorded.push((scope, Recorded { log_id, revision, date, impact }));
        Ok(())
    }
}
