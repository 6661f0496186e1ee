//! The days of a program that do not count.

use backends::{DbResultExt, Scope, Tx};
use chassis::Error;
use chrono::NaiveDate;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use super::Store;
use super::entity::program_pauses::{ActiveModel, Column, Entity};
use crate::domain::program::{Pause, Program};

impl Store {
    /// The pauses of a program, oldest first.
    pub async fn pauses(&self, program: &Program) -> Result<Vec<Pause>, Error> {
        let reader = self.db.read_primary(Scope::Family(program.family_id)).await?;
        let rows = of(program).order_by_asc(Column::FromDate).all(reader.connection()).await.stored()?;
        Ok(rows.into_iter().map(|row| Pause { from: row.from_date, resume: row.resume_date }).collect())
    }
}

/// Adds a pause as it was.
pub async fn insert(tx: &Tx, program: &Program, pause: &Pause) -> Result<(), Error> {
    let row = ActiveModel {
        family_id: Set(program.family_id),
        program_id: Set(program.id),
        from_date: Set(pause.from),
        resume_date: Set(pause.resume),
    };
    Entity::insert(row).exec_without_returning(tx.connection()).await.stored()?;
    Ok(())
}

/// Begins a pause. One that began on the same day, and ended on it where the member was then, goes on.
pub async fn open(tx: &Tx, program: &Program, today: NaiveDate) -> Result<(), Error> {
    let row = ActiveModel {
        family_id: Set(program.family_id),
        program_id: Set(program.id),
        from_date: Set(today),
        resume_date: Set(None),
    };
    let again = OnConflict::columns([Column::FamilyId, Column::ProgramId, Column::FromDate])
        .update_column(Column::ResumeDate)
        .to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx.connection()).await.stored()?;
    Ok(())
}

/// Ends the pause that is open. One that began today, or later where the member was then, has held no day and is forgotten.
pub async fn close(tx: &Tx, program: &Program, today: NaiveDate) -> Result<(), Error> {
    let mine = |column: Column, value: i64| column.eq(value);
    Entity::delete_many()
        .filter(mine(Column::FamilyId, program.family_id))
        .filter(mine(Column::ProgramId, program.id))
        .filter(Column::ResumeDate.is_null())
        .filter(Column::FromDate.gte(today))
        .exec(tx.connection())
        .await
        .stored()?;
    Entity::update_many()
        .set(ActiveModel { resume_date: Set(Some(today)), ..Default::default() })
        .filter(mine(Column::FamilyId, program.family_id))
        .filter(mine(Column::ProgramId, program.id))
        .filter(Column::ResumeDate.is_null())
        .exec(tx.connection())
        .await
        .stored()?;
    Ok(())
}

fn of(program: &Program) -> Select<Entity> {
    Entity::find().filter(Column::FamilyId.eq(program.family_id)).filter(Column::ProgramId.eq(program.id))
}
