//! What each revision of a log adds. Rows are added, and never changed; the highest revision of a log holds. They are found by their
//! program alone, which has some hundreds of them: an index of their days would cost every log more than it would spare.

use backends::{DbResultExt, Tx, among};
use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Select};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::entity::contributions::{ActiveModel, Column, Entity, Model};
use super::{Scope, Span, keys};
use crate::domain::history::{Contribution, Part};

/// What holds in some spans of days of some programs.
pub async fn held_of(tx: &Tx, scopes: &[Scope], spans: &[Span]) -> Result<Vec<(Scope, Contribution)>, Error> {
    let of_them = among(tx.connection(), [Column::FamilyId, Column::ProgramId], &keys(scopes));
    let query = Entity::find().filter(of_them).filter(within(spans)).filter(holds());
    let rows = query.all(tx.connection()).await.stored()?;
    let of = |row: Model| {
        let scope = Scope { family_id: row.family_id, program_id: row.program_id };
        Ok((scope, Contribution::try_from(row)?))
    };
    rows.into_iter().map(of).collect()
}

/// What holds in a span of days.
pub async fn held(
    connection: &impl ConnectionTrait,
    scope: Scope,
    span: Span,
) -> Result<Vec<Contribution>, Error> {
    let rows = of(scope).filter(within(&[span])).filter(holds()).all(connection).await.stored()?;
    rows.into_iter().map(Contribution::try_from).collect()
}

fn within(spans: &[Span]) -> Condition {
    spans
        .iter()
        .fold(Condition::any(), |any, (first, last)| any.add(Column::LocalDate.between(*first, *last)))
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
    tx.add_later(row)
}

fn of(scope: Scope) -> Select<Entity> {
    Entity::find().filter(Column::FamilyId.eq(scope.family_id)).filter(Column::ProgramId.eq(scope.program_id))
}

/// That no revision of the same log is higher; the primary key answers it. It is asked of each row by itself: as a join PostgreSQL may
/// compare all rows of a program with each other, when it knows of few.
fn holds() -> Expr {
    let known = Alias::new("known");
    let theirs = |column: Column| Expr::col((known.clone(), column));
    let same = |column: Column| theirs(column).equals((Entity, column));
    let mut highest = Query::select();
    highest
        .expr(theirs(Column::Revision).max())
        .from_as(Entity, known.clone())
        .and_where(same(Column::FamilyId))
        .and_where(same(Column::ProgramId))
        .and_where(same(Column::LogId));
    Expr::col((Entity, Column::Revision)).eq(Expr::from(highest))
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
