//! Programs. Whoever changes one holds its row's lock, so that changes of one program follow each other.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use backends::{DbResultExt, Scope, Tx};
use chassis::{Error, Kind};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::Store;
use super::entity::care_programs::{ActiveModel, Column, Entity, Model};
use crate::access::{AuthorizedMember, AuthorizedProgram};
use crate::domain::program::{Program, State};

impl Store {
    /// A program, living or deleted. For [`crate::access`] and the services that are told everything.
    pub async fn program(&self, id: i64) -> Result<Option<Program>, Error> {
        let family_id = match Box::pin(self.places.get_or(id, self.place(id))).await {
            Ok(family_id) => family_id,
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let reader = self.db.read_primary(Scope::Family(family_id)).await?;
        let row = Entity::find_by_id((family_id, id)).one(reader.connection()).await.stored()?;
        row.map(Program::try_from).transpose()
    }

    /// The family of a program; nothing more is told.
    async fn place(&self, id: i64) -> Result<i64, Error> {
        let family =
            Entity::find().filter(Column::Id.eq(id)).select_only().column(Column::FamilyId).into_tuple();
        let directory = self.db.read(Scope::Directory).await?;
        let family = family.one(directory.connection()).await.stored()?;
        family.ok_or_else(|| Error::not_found("there is no such program"))
    }

    /// The living programs of some members, newest first; `after` is the creation time and the id of the last one seen.
    pub async fn programs(
        &self,
        members: &[AuthorizedMember],
        after: Option<(DateTime<Utc>, i64)>,
        limit: u64,
    ) -> Result<Vec<Program>, Error> {
        let after = after.map(|(created_at, id)| {
            let at_once = Column::CreatedAt.lt(created_at).or(Column::Id.lt(id));
            Column::CreatedAt.lte(created_at).and(at_once)
        });
        let query = Entity::find()
            .filter(of(members))
            .filter(Column::DeletedAt.is_null())
            .apply_if(after, |query, after| query.filter(after))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(limit);
        self.told(query).await
    }

    /// Programs in their order: which they are says the directory, and what is to tell of them each family.
    async fn told(&self, programs: Select<Entity>) -> Result<Vec<Program>, Error> {
        let ids = programs.select_only().columns([Column::FamilyId, Column::Id]).into_tuple();
        let ids: Vec<(i64, i64)> =
            ids.all(self.db.read(Scope::Directory).await?.connection()).await.stored()?;
        let mut by_family = BTreeMap::<_, Vec<_>>::new();
        ids.into_iter().for_each(|(family_id, id)| by_family.entry(family_id).or_default().push(id));
        let mut told = Vec::new();
        for (family_id, ids) in by_family {
            // a replica may not have what the directory has shown just now, and the page would be short
            let reader = self.db.read_primary(Scope::Family(family_id)).await?;
            let found = Entity::find().filter(Column::FamilyId.eq(family_id)).filter(Column::Id.is_in(ids));
            let rows = found.filter(Column::DeletedAt.is_null()).all(reader.connection()).await.stored()?;
            told.extend(rows.into_iter().map(Program::try_from).collect::<Result<Vec<_>, _>>()?);
        }
        told.sort_by_key(|program| Reverse((program.created_at, program.id)));
        Ok(told)
    }
}

/// Family by family, since every key begins with the family.
fn of(members: &[AuthorizedMember]) -> Condition {
    let mut families: Vec<_> = members.iter().map(AuthorizedMember::family_id).collect();
    families.sort_unstable();
    families.dedup();
    families.into_iter().fold(Condition::any().add(Column::Id.lt(0)), |any, family_id| {
        let ids =
            members.iter().filter(|member| member.family_id() == family_id).map(AuthorizedMember::member_id);
        any.add(Column::FamilyId.eq(family_id).and(Column::MemberId.is_in(ids)))
    })
}

/// Adds a program.
pub async fn insert(tx: &Tx, program: &Program) -> Result<(), Error> {
    Entity::insert(row(program)).exec_without_returning(tx.connection()).await.stored()?;
    Ok(())
}

/// A living program as it is now, locked until the transaction ends. One that was deleted since it was authorized is denied.
pub async fn lock(tx: &Tx, program: &AuthorizedProgram) -> Result<Program, Error> {
    let program = lock_deleted(tx, program).await?;
    if program.deleted_at.is_none() { Ok(program) } else { Err(Error::denied()) }
}

/// The same, be it deleted or not.
pub async fn lock_deleted(tx: &Tx, program: &AuthorizedProgram) -> Result<Program, Error> {
    let key = (program.program().family_id, program.program().id);
    let row = Entity::find_by_id(key).lock_exclusive().one(tx.connection()).await.stored()?;
    row.ok_or_else(Error::denied)?.try_into()
}

/// Keeps what has changed of a program.
pub async fn save(tx: &Tx, program: &Program) -> Result<(), Error> {
    let which = Entity::update_many()
        .set(row(program))
        .filter(Column::FamilyId.eq(program.family_id))
        .filter(Column::Id.eq(program.id));
    which.exec(tx.connection()).await.stored()?;
    Ok(())
}

fn row(program: &Program) -> ActiveModel {
    ActiveModel {
        family_id: Set(program.family_id),
        id: Set(program.id),
        member_id: Set(program.member_id),
        title: Set(program.title.clone()),
        start_date: Set(program.start_date),
        status: Set(program.state.name().to_owned()),
        completed_date: Set(program.completed_date),
        plan_version: Set(program.plan_version),
        created_by: Set(program.created_by),
        created_at: Set(program.created_at),
        deleted_at: Set(program.deleted_at),
    }
}

impl TryFrom<Model> for Program {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let state = State::named(&row.status)
            .ok_or_else(|| Error::internal("care_programs.status cannot be read"))?;
        Ok(Self {
            id: row.id,
            family_id: row.family_id,
            member_id: row.member_id,
            title: row.title,
            start_date: row.start_date,
            state,
            completed_date: row.completed_date,
            plan_version: row.plan_version,
            created_by: row.created_by,
            created_at: row.created_at,
            deleted_at: row.deleted_at,
        })
    }
}
