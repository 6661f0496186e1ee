//! The scores of every day that something was logged for.

use backends::{DbResultExt, Tx, among};
use chassis::Error;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::entity::adherence_metrics::{ActiveModel, Column, Entity, Model};
use super::{Scope, Span, keys};
use crate::domain::day::Day;
use crate::domain::score::Score;

/// The stored days of a program, oldest first.
pub async fn all(connection: &impl ConnectionTrait, scope: Scope) -> Result<Vec<Day>, Error> {
    let rows = of(scope).order_by_asc(Column::Date).all(connection).await.stored()?;
    rows.into_iter().map(Day::try_from).collect()
}

/// The stored days of a span, oldest first.
pub async fn between(
    connection: &impl ConnectionTrait,
    scope: Scope,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Day>, Error> {
    let query = of(scope).filter(Column::Date.between(first, last)).order_by_asc(Column::Date);
    query.all(connection).await.stored()?.into_iter().map(Day::try_from).collect()
}

/// Which days of some spans are stored, of some programs.
pub async fn dates_of(tx: &Tx, scopes: &[Scope], spans: &[Span]) -> Result<Vec<(Scope, NaiveDate)>, Error> {
    // an expression, which no index has: PostgreSQL must find the programs by the key, and not everybody's days by their date
    let date = || Func::coalesce([Expr::col(Column::Date), Expr::col(Column::Date)]);
    let within = spans
        .iter()
        .fold(Condition::any(), |any, (first, last)| any.add(Expr::from(date()).between(*first, *last)));
    let of_them = among(tx.connection(), [Column::FamilyId, Column::ProgramId], &keys(scopes));
    let query = Entity::find().filter(of_them).filter(within).select_only();
    let query = query.columns([Column::FamilyId, Column::ProgramId, Column::Date]);
    let rows: Vec<(i64, i64, NaiveDate)> = query.into_tuple().all(tx.connection()).await.stored()?;
    let of = |(family_id, program_id, date)| (Scope { family_id, program_id }, date);
    Ok(rows.into_iter().map(of).collect())
}

/// Stores days, in place of what was stored of them, when the transaction commits. No day may come twice.
pub fn put<'d>(
    tx: &Tx,
    scope: Scope,
    days: impl IntoIterator<Item = &'d Day>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    days.into_iter().try_for_each(|day| tx.put_later(row(scope, day, now)?))
}

fn of(scope: Scope) -> Select<Entity> {
    Entity::find().filter(Column::FamilyId.eq(scope.family_id)).filter(Column::ProgramId.eq(scope.program_id))
}

fn row(scope: Scope, day: &Day, now: DateTime<Utc>) -> Result<ActiveModel, Error> {
    let stored = |score: Option<Score>| Set(score.map(Score::hundredths));
    Ok(ActiveModel {
        family_id: Set(scope.family_id),
        program_id: Set(scope.program_id),
        date: Set(day.date),
        nutrition_score: stored(day.nutrition),
        strength_score: stored(day.strength),
        clinical_score: stored(day.clinical),
        total_score: stored(day.total),
        control_score: stored(day.control),
        details: Set(serde_json::to_value(&day.details).map_err(Error::internal)?),
        computed_at: Set(now),
    })
}

impl TryFrom<Model> for Day {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        // the parser's own words may quote a value
        let details = serde_json::from_value(row.details);
        let details = details.map_err(|_| Error::internal("adherence_metrics.details cannot be read"))?;
        let scores =
            [row.nutrition_score, row.strength_score, row.clinical_score, row.total_score, row.control_score];
        Ok(Self::new(row.date, scores.map(|score| score.map(Score::stored)), details))
    }
}
