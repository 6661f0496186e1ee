//! Programs that are erased for good: those whose deletion nobody can take back any more, and those of erased members.

use async_trait::async_trait;
use backends::erasure::{Erasure, Follower, Removed, follow};
use backends::{Database, DbResultExt, Scope, Subject};
use chassis::Error;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::domain::program::UNDO;
use crate::planning::RESOURCE;
use crate::store::entity::care_programs::{self, Column};
use crate::store::entity::{program_configs, program_pauses};

/// Follows the members that family has erased, then erases the programs that are due, and tells which those were.
pub async fn run(db: &Database, family: &Database) -> Result<Vec<i64>, Error> {
    follow(family, &Programs { db }).await?;
    erase_all(db, Column::DeletedAt.lt(db.clock().now() - UNDO)).await
}

struct Programs<'a> {
    db: &'a Database,
}

#[async_trait]
impl Follower for Programs<'_> {
    fn service(&self) -> &'static str {
        "program"
    }

    async fn erase(&self, member: &Erasure) -> Result<Removed, Error> {
        let theirs = Column::FamilyId.eq(member.family_id).and(Column::MemberId.eq(member.subject_id));
        let erased = erase_all(self.db, theirs).await?;
        Ok(Removed::from([("care_programs", erased.len() as u64)]))
    }
}

async fn erase_all(db: &Database, which: Expr) -> Result<Vec<i64>, Error> {
    let found = care_programs::Entity::find().filter(which).select_only();
    let found = found.columns([Column::FamilyId, Column::Id]).into_tuple();
    let found: Vec<(i64, i64)> = found.all(db.read(Scope::Directory).await?.connection()).await.stored()?;
    let mut erased = Vec::new();
    for (family_id, id) in found {
        if erase(db, family_id, id).await? {
            erased.push(id);
        }
    }
    Ok(erased)
}

/// False when another process was faster.
async fn erase(db: &Database, family_id: i64, id: i64) -> Result<bool, Error> {
    let tx = db.erase(RESOURCE, Scope::Family(family_id)).await?;
    let program = care_programs::Entity::find_by_id((family_id, id)).lock_exclusive();
    let Some(program) = program.one(tx.connection()).await.stored()? else { return Ok(false) };
    let configs = program_configs::Column::FamilyId.eq(family_id);
    let configs = configs.and(program_configs::Column::ProgramId.eq(id));
    let configs = program_configs::Entity::find().filter(configs).count(tx.connection()).await.stored()?;
    let pauses = program_pauses::Column::FamilyId.eq(family_id);
    let pauses = pauses.and(program_pauses::Column::ProgramId.eq(id));
    let pauses = program_pauses::Entity::find().filter(pauses).count(tx.connection()).await.stored()?;
    // its goals and pauses go with it
    care_programs::Entity::delete_by_id((family_id, id)).exec(tx.connection()).await.stored()?;
    let answers = tx.forget_answers(RESOURCE, &[id]).await?;
    let removed = Removed::from([
        ("care_programs", 1),
        ("program_configs", configs),
        ("program_pauses", pauses),
        ("answers", answers),
    ]);
    tx.erased(family_id, id, None, &removed).await?;
    tx.commit(Subject::of_member(family_id, program.member_id, id)).await?;
    Ok(true)
}
