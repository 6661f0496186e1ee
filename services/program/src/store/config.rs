//! The versions of a program's goals. They are added, and never changed.

use backends::{DbResultExt, Scope, Tx};
use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Store;
use super::entity::program_configs::{ActiveModel, Column, Entity, Model};
use crate::domain::config::Config;
use crate::domain::goals::Goals;
use crate::domain::program::Program;

impl Store {
    /// All versions of a program's goals, oldest first.
    pub async fn configs(&self, program: &Program) -> Result<Vec<Config>, Error> {
        let reader = self.db.read_primary(Scope::Family(program.family_id)).await?;
        read(reader.connection(), program).await
    }
}

/// All versions, oldest first. Under the program's lock nobody adds another.
pub async fn all(tx: &Tx, program: &Program) -> Result<Vec<Config>, Error> {
    read(tx.connection(), program).await
}

async fn read(connection: &impl ConnectionTrait, program: &Program) -> Result<Vec<Config>, Error> {
    let rows = of(program).order_by_asc(Column::Version).all(connection).await.stored()?;
    rows.into_iter().map(Config::try_from).collect()
}

/// Adds a version.
pub async fn insert(tx: &Tx, program: &Program, config: &Config, now: DateTime<Utc>) -> Result<(), Error> {
    let goals = &config.goals;
    let row = ActiveModel {
        family_id: Set(program.family_id),
        program_id: Set(program.id),
        version: Set(config.version),
        effective_date: Set(config.effective_date),
        nutrition_goals: Set(goals.nutrition.as_ref().map(json).transpose()?),
        strength_goals: Set(goals.strength.as_ref().map(json).transpose()?),
        clinical_goals: Set(goals.clinical.as_ref().map(json).transpose()?),
        phases: Set(json(&goals.phases)?),
        created_at: Set(now),
    };
    Entity::insert(row).exec_without_returning(tx.connection()).await.stored()?;
    Ok(())
}

fn of(program: &Program) -> Select<Entity> {
    Entity::find().filter(Column::FamilyId.eq(program.family_id)).filter(Column::ProgramId.eq(program.id))
}

fn json(goals: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(goals).map_err(Error::internal)
}

fn goals<T: DeserializeOwned>(json: Value) -> Result<T, Error> {
    // the parser's own words may quote the goals
    serde_json::from_value(json).map_err(|_| Error::internal("program_configs cannot be read"))
}

impl TryFrom<Model> for Config {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        Ok(Self {
            version: row.version,
            effective_date: row.effective_date,
            goals: Goals {
                nutrition: row.nutrition_goals.map(goals).transpose()?,
                strength: row.strength_goals.map(goals).transpose()?,
                clinical: row.clinical_goals.map(goals).transpose()?,
                phases: goals(row.phases)?,
            },
        })
    }
}
