//! What each revision of a log adds. Rows are added, and never changed; the highest revision of a log holds.

use backends::{DbResultExt, Tx};
use chassis::Error;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::entity::contributions::{ActiveModel, Column, Entity, Model};
use super::{Scope, Span};
use crate::domain::history::{Contribution, Part};

/// A revision that was recorded before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The revision.
    pub revision: i32,
    /// The day it counted for.
    pub date: NaiveDate,
    /// By how many hundredths of a point it moved the total of its day.
    pub impact: i32,
}

/// What is recorded of a log.
pub async fn of_log(tx: &Tx, scope: Scope, log_id: i64) -> Result<Vec<Recorded>, Error> {
    let query = of(scope).filter(Column::LogId.eq(log_id)).select_only().columns([
        Column::Revision,
        Column::LocalDate,
        Column::ImpactBasisPoints,
    ]);
    let rows: Vec<(i32, NaiveDate, i32)> = query.into_tuple().all(tx.connection()).await.stored()?;
    Ok(rows.into_iter().map(|(revision, date, impact)| Recorded { revision, date, impact }).collect())
}

/// What holds in some spans of days.
pub async fn held(
    connection: &impl ConnectionTrait,
    scope: Scope,
    spans: &[Span],
) -> Result<Vec<Contribution>, Error> {
    let within = spans
        .iter()
        .fold(Condition::any(), |any, (first, last)| any.add(Column::LocalDate.between(*first, *last)));
    let rows = of(scope).filter(within).filter(holds()).all(connection).await.stored()?;
    rows.into_iter().map(Contribution::try_from).collect()
}

/// What holds in the whole program.
pub async fn all(connection: &impl ConnectionTrait, scope: Scope) -> Result<Vec<Contribution>, Error> {
    let rows = of(scope).filter(holds()).all(connection).await.stored()?;
    rows.into_iter().map(Contribution::try_from).collect()
}

/// Adds a revision, when the transaction commits.
pub fn insert(
    tx: &Tx,
    scope: Scope,
    contribution: &Contribution,
    impact: i32,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let (kind, amounts) = match &contribution.part {
        Part::Nothing => ("NOTHING", Ok(Value::Null)),
        Part::Nutrition(intake) => ("NUTRITION", serde_json::to_value(intake)),
        Part::Workout(session) => ("WORKOUT", serde_json::to_value(session)),
        Part::Checkin(measurements) => ("CHECKIN", serde_json::to_value(measurements)),
    };
    let row = ActiveModel {
        family_id: Set(scope.family_id),
        program_id: Set(scope.program_id),
        log_id: Set(contribution.log_id),
        revision: Set(contribution.revision),
        local_date: Set(contribution.date),
        kind: Set(kind.to_owned()),
        amounts: Set(amounts.map_err(Error::internal)?),
        impact_basis_points: Set(impact),
        recorded_at: Set(now),
    };
    tx.add_later(Entity::insert(row));
    Ok(())
}

fn of(scope: Scope) -> Select<Entity> {
    Entity::find().filter(Column::FamilyId.eq(scope.family_id)).filter(Column::ProgramId.eq(scope.program_id))
}

/// That no revision of the same log is higher; the primary key answers it.
fn holds() -> Expr {
    let later = Alias::new("later");
    let theirs = |column: Column| Expr::col((later.clone(), column));
    let ours = |column: Column| Expr::col((Entity, column));
    let same = |column: Column| theirs(column).equals((Entity, column));
    let mut query = Query::select();
    query
        .expr(Expr::val(1))
        .from_as(Entity, later.clone())
        .and_where(same(Column::FamilyId))
        .and_where(same(Column::ProgramId))
        .and_where(same(Column::LogId))
        .and_where(theirs(Column::Revision).gt(ours(Column::Revision)));
    Expr::exists(query).not()
}

impl TryFrom<Model> for Contribution {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let part = match row.kind.as_str() {
            "NOTHING" => Part::Nothing,
            "NUTRITION" => Part::Nutrition(amounts(row.amounts)?),
            "WORKOUT" => Part::Workout(amounts(row.amounts)?),
            "CHECKIN" => Part::Checkin(amounts(row.amounts)?),
            _ => return Err(Error::internal("contributions.kind cannot be read")),
        };
        Ok(Self { log_id: row.log_id, revision: row.revision, date: row.local_date, part })
    }
}

fn amounts<T: DeserializeOwned>(json: Value) -> Result<T, Error> {
    // the parser's own words may quote a value
    serde_json::from_value(json).map_err(|_| Error::internal("contributions.amounts cannot be read"))
}
