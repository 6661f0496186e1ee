//! What is kept of programs that program has erased.

use async_trait::async_trait;
use backends::erasure::{Erasure, Follower, Removed, follow};
use backends::{Database, DbResultExt, Scope, Subject};
use chassis::Error;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

use crate::store::entity::{adherence_metrics, contributions, plans, program_events};

/// Follows the programs that are erased, and tells how many.
pub async fn run(db: &Database, program: &Database) -> Result<usize, Error> {
    follow(program, &Scores { db }).await
}

struct Scores<'a> {
    db: &'a Database,
}

#[async_trait]
impl Follower for Scores<'_> {
    fn service(&self) -> &'static str {
        "adherence"
    }

    async fn erase(&self, gone: &Erasure) -> Result<Removed, Error> {
        let (family_id, program_id) = (gone.family_id, gone.subject_id);
        let tx = self.db.erase("AdherenceMetric", Scope::Family(family_id)).await?;
        let mut removed = Removed::new();
        macro_rules! erase {
            ($($table:ident),*) => {$(
                let its = $table::Column::FamilyId.eq(family_id).and($table::Column::ProgramId.eq(program_id));
                let done = $table::Entity::delete_many().filter(its).exec(tx.connection()).await.stored()?;
                removed.insert(stringify!($table), done.rows_affected);
            )*};
        }
        erase!(plans, contributions, adherence_metrics, program_events);
        tx.commit(Subject::of_family(family_id, program_id)).await?;
        Ok(removed)
    }
}
