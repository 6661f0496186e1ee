//! What is kept of programs that program has erased: logs, photos, and what lies in the archive.

use async_trait::async_trait;
use backends::erasure::{Erasure, Follower, Removed, follow};
use backends::{Database, DbResultExt, Objects, Scope as Tenant, Subject};
use chassis::Error;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use crate::archive;
use crate::domain::{Scope, image_key};
use crate::import::PROGRAM;
use crate::journal::LOG;
use crate::store::entity::{daily_log, image};

/// Follows the programs that are erased, and tells how many.
pub async fn run(db: &Database, objects: &Objects, program: &Database) -> Result<usize, Error> {
    archive::drop_replaced(db, objects).await?;
    follow(program, &Logs { db, objects }).await
}

struct Logs<'a> {
    db: &'a Database,
    objects: &'a Objects,
}

#[async_trait]
impl Follower for Logs<'_> {
    fn service(&self) -> &'static str {
        "logging"
    }

    async fn erase(&self, gone: &Erasure) -> Result<Removed, Error> {
        erase(self.db, self.objects, gone).await
    }
}

/// The objects go first: once the rows are gone, this erasure is all that is known of them.
async fn erase(db: &Database, objects: &Objects, gone: &Erasure) -> Result<Removed, Error> {
    let scope = Scope { family_id: gone.family_id, program_id: gone.subject_id };
    let photos = objects.delete_under(&image_key::folder(scope)).await?;
    let (archived, mut log_ids) = archive::erase(db, objects, scope, gone.id).await?;

    let tx = db.erase(LOG, Tenant::Family(scope.family_id)).await?;
    let its = daily_log::Column::FamilyId.eq(scope.family_id);
    let its = its.and(daily_log::Column::ProgramId.eq(scope.program_id));
    let ids = daily_log::Entity::find().filter(its.clone()).select_only().column(daily_log::Column::Id);
    let ids: Vec<i64> = ids.distinct().into_tuple().all(tx.connection()).await.stored()?;
    log_ids.extend(ids);
    let logs = daily_log::Entity::delete_many().filter(its).exec(tx.connection()).await.stored()?;
    let its = image::Column::FamilyId.eq(scope.family_id).and(image::Column::ProgramId.eq(scope.program_id));
    let images = image::Entity::delete_many().filter(its).exec(tx.connection()).await.stored()?;
    let answers = tx.forget_answers(LOG, &log_ids.into_iter().collect::<Vec<_>>()).await?
        + tx.forget_answers(PROGRAM, &[scope.program_id]).await?;
    tx.commit(Subject::of_family(scope.family_id, scope.program_id)).await?;
    Ok(Removed::from([
        ("objects", photos),
        ("archived_revisions", archived),
        ("daily_logs", logs.rows_affected),
        ("image_metadata", images.rows_affected),
        ("answers", answers),
    ]))
}
