//! The plans at hand, one row a program.

use std::collections::HashMap;

use backends::{DbResultExt, Scope as Tenant, Tx, among};
use chassis::Error;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::plans::{ActiveModel, Column, Entity, Model};
use super::{Scope, Store, keys};
use crate::domain::plan::Plan;

impl Store {
    /// The plan of a program.
    pub async fn plan(&self, scope: Scope) -> Result<Option<Plan>, Error> {
        let reader = self.db.read_primary(scope.into()).await?;
        let query = Entity::find_by_id((scope.family_id, scope.program_id));
        let row = query.one(reader.connection()).await.stored()?;
        row.map(Plan::try_from).transpose()
    }

    /// The plans of a family, newest program first.
    pub async fn plans(&self, family_id: i64) -> Result<Vec<Plan>, Error> {
        let query = Entity::find().filter(Column::FamilyId.eq(family_id)).order_by_desc(Column::ProgramId);
        let reader = self.db.read_primary(Tenant::Family(family_id)).await?;
        let rows = query.all(reader.connection()).await.stored()?;
        rows.into_iter().map(Plan::try_from).collect()
    }
}

/// Stores a plan, unless there is one.
pub async fn insert_if_absent(tx: &Tx, plan: &Plan) -> Result<(), Error> {
    let conflict = OnConflict::columns([Column::FamilyId, Column::ProgramId]).do_nothing().to_owned();
    let insert = Entity::insert(row(plan)?).on_conflict(conflict).try_insert();
    insert.exec_without_returning(tx.connection()).await.stored()?;
    Ok(())
}

/// The plan, if there is one, locked until the transaction ends.
pub async fn lock(tx: &Tx, scope: Scope) -> Result<Option<Plan>, Error> {
    let query = Entity::find_by_id((scope.family_id, scope.program_id)).lock_exclusive();
    let row = query.one(tx.connection()).await.stored()?;
    row.map(Plan::try_from).transpose()
}

/// Locks the plans of some programs, as far as there are any, until the transaction ends, and tells their versions; always in the same
/// order, so that two who want the same never wait for each other.
pub async fn lock_all(tx: &Tx, scopes: &[Scope]) -> Result<HashMap<Scope, i64>, Error> {
    let columns = [Column::FamilyId, Column::ProgramId, Column::Version];
    let query = Entity::find().filter(of_them(tx, scopes)).select_only().columns(columns);
    let query = query.order_by_asc(Column::FamilyId).order_by_asc(Column::ProgramId).lock_exclusive();
    let rows: Vec<(i64, i64, i64)> = query.into_tuple().all(tx.connection()).await.stored()?;
    let of = |(family_id, program_id, version)| (Scope { family_id, program_id }, version);
    Ok(rows.into_iter().map(of).collect())
}

/// The plans of some programs, as far as there are any.
pub async fn all(tx: &Tx, scopes: &[Scope]) -> Result<Vec<(Scope, Plan)>, Error> {
    let rows = Entity::find().filter(of_them(tx, scopes)).all(tx.connection()).await.stored()?;
    let of = |row: Model| {
        Ok((Scope { family_id: row.family_id, program_id: row.program_id }, Plan::try_from(row)?))
    };
    rows.into_iter().map(of).collect()
}

fn of_them(tx: &Tx, scopes: &[Scope]) -> Expr {
    among(tx.connection(), [Column::FamilyId, Column::ProgramId], &keys(scopes))
}

/// Replaces a plan.
pub async fn replace(tx: &Tx, plan: &Plan) -> Result<(), Error> {
    let which = Entity::update_many()
        .set(row(plan)?)
        .filter(Column::FamilyId.eq(plan.family_id))
        .filter(Column::ProgramId.eq(plan.program_id));
    which.exec(tx.connection()).await.stored()?;
    Ok(())
}

fn row(plan: &Plan) -> Result<ActiveModel, Error> {
    Ok(ActiveModel {
        family_id: Set(plan.family_id),
        program_id: Set(plan.program_id),
        member_id: Set(plan.member_id),
        version: Set(plan.version),
        plan: Set(serde_json::to_value(plan).map_err(Error::internal)?),
    })
}

impl TryFrom<Model> for Plan {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        // the parser's own words may quote the plan
        serde_json::from_value(row.plan).map_err(|_| Error::internal("plans.plan cannot be read"))
    }
}
