//! The scores of every day that something was logged for.

use std::collections::BTreeSet;

use backends::{DbResultExt, Tx};
use chassis::Error;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::entity::adherence_metrics::{ActiveModel, Column, Entity, Model};
use super::{Scope, Span};
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

/// Which days of some spans are stored.
pub async fn dates(tx: &Tx, scope: Scope, spans: &[Span]) -> Result<BTreeSet<NaiveDate>, Error> {
    let within = spans
        .iter()
        .fold(Condition::any(), |any, (first, last)| any.add(Column::Date.between(*first, *last)));
    let dates: Vec<NaiveDate> = of(scope)
        .filter(within)
        .select_only()
        .column(Column::Date)
        .into_tuple()
        .all(tx.connection())
        .await
        .stored()?;
    Ok(dates.into_iter().collect())
}

/// Stores days, in place of what was stored of them, when the transaction commits.
pub fn put(tx: &Tx, scope: Scope, days: &[Day], now: DateTime<Utc>) -> Result<(), Error> {
    if days.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = days.iter().map(|day| row(scope, day, now)).collect::<Result<_, _>>()?;
    let again = OnConflict::columns([Column::FamilyId, Column::ProgramId, Column::Date])
        .update_columns([
            Column::NutritionScore,
            Column::StrengthScore,
            Column::ClinicalScore,
            Column::TotalScore,
            Column::ControlScore,
            Column::Details,
            Column::ComputedAt,
        ])
        .to_owned();
    tx.add_later(Entity::insert_many(rows).on_conflict(again));
    Ok(())
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
        Ok(Self {
            date: row.date,
            nutrition: row.nutrition_score.map(Score::stored),
            strength: row.strength_score.map(Score::stored),
            clinical: row.clinical_score.map(Score::stored),
            total: row.total_score.map(Score::stored),
            control: row.control_score.map(Score::stored),
            details: details.map_err(|_| Error::internal("adherence_metrics.details cannot be read"))?,
        })
    }
}
