//! What is kept of programs that program has erased.

use async_trait::async_trait;
use backends::erasure::{Erasure, Follower, Removed, follow};
use backends::{Database, DbResultExt, Scope, Subject};
use chassis::Error;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

use crate::store::entity::inference::{Column, Entity};

/// Follows the programs that are erased, and tells how many.
pub async fn run(db: &Database, program: &Database) -> Result<usize, Error> {
    follow(program, &Readings { db }).await
}

struct Readings<'a> {
    db: &'a Database,
}

#[async_trait]
impl Follower for Readings<'_> {
    fn service(&self) -> &'static str {
        "ai-inference"
    }

    async fn erase(&self, gone: &Erasure) -> Result<Removed, Error> {
        let (family_id, program_id) = (gone.family_id, gone.subject_id);
        let tx = self.db.erase("Inference", Scope::Family(family_id)).await?;
        let its = Column::FamilyId.eq(family_id).and(Column::ProgramId.eq(program_id));
        let done = Entity::delete_many().filter(its).exec(tx.connection()).await.stored()?;
        tx.commit(Subject::of_family(family_id, program_id)).await?;
        Ok(Removed::from([("inferences", done.rows_affected)]))
    }
}
