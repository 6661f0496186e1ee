//! Takes a program out of the archive. A file is written anew without it, and the old one removed.
//!
//! The entry of a file changes over to the new one in one statement, and remembers the old one until that is removed; so whoever
//! dies in between leaves nothing that the next run does not find.

use std::collections::BTreeSet;

use backends::{Database, DbResultExt, Objects, Scope as Tenant};
use chassis::Error;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

use super::file::{self, Without};
use super::{MOST_BYTES, PARQUET};
use crate::domain::Scope;
use crate::store::entity::log_archive::{Column, Entity, Model};

/// Erases a program from every file, and tells how many revisions that were, and of which logs. `erasure` names the new files.
pub async fn erase(
    db: &Database,
    objects: &Objects,
    scope: Scope,
    erasure: i64,
) -> Result<(u64, BTreeSet<i64>), Error> {
    let may_hold = Column::FirstFamilyId.lte(scope.family_id).and(Column::LastFamilyId.gte(scope.family_id));
    let files = Entity::find().filter(may_hold);
    let files = files.all(db.read_primary(Tenant::Own).await?.connection()).await.stored()?;
    let (mut revisions, mut log_ids) = (0, BTreeSet::new());
    for entry in files {
        let content = objects.get(&entry.s3_key, MOST_BYTES).await?;
        // another run has just replaced it: this one begins again
        let content = content.ok_or_else(|| Error::unavailable("a file of the archive is being replaced"))?;
        let rewriting = tokio::task::spawn_blocking(move || file::without(content, scope));
        let without = rewriting.await.map_err(Error::internal)??;
        if without.log_ids.is_empty() {
            continue;
        }
        revisions += without.removed;
        log_ids.extend(without.log_ids.iter().copied());
        replace(db, objects, entry, without, erasure).await?;
    }
    drop_replaced(db, objects).await?;
    Ok((revisions, log_ids))
}

async fn replace(
    db: &Database,
    objects: &Objects,
    entry: Model,
    without: Without,
    erasure: i64,
) -> Result<(), Error> {
    let month = entry.month.format("%Y-%m");
    let key = format!("archive/daily_logs/{month}/{}-{erasure}.parquet", entry.part);
    let bytes = i64::try_from(without.content.len()).map_err(Error::internal)?;
    objects.put(&key, PARQUET, without.content).await?;
    let tx = db.open(Tenant::Own).await?;
    let changed = Entity::update_many()
        .col_expr(Column::S3Key, Expr::value(key))
        .col_expr(Column::Replaces, Expr::value(entry.s3_key.clone()))
        .col_expr(Column::FirstFamilyId, Expr::value(without.facts.families.0))
        .col_expr(Column::LastFamilyId, Expr::value(without.facts.families.1))
        .col_expr(Column::Revisions, Expr::value(without.facts.revisions))
        .col_expr(Column::Bytes, Expr::value(bytes))
        .col_expr(Column::Sha256, Expr::value(without.facts.sha256))
        .filter(Column::Month.eq(entry.month))
        .filter(Column::Part.eq(entry.part))
        .filter(Column::S3Key.eq(entry.s3_key))
        .filter(Column::Replaces.is_null())
        .exec(tx.connection())
        .await
        .stored()?;
    if changed.rows_affected == 0 {
        return Err(Error::unavailable("a file of the archive is being replaced by another run"));
    }
    tx.commit_quietly().await
}

/// Removes the files that others stand in for.
pub async fn drop_replaced(db: &Database, objects: &Objects) -> Result<(), Error> {
    let replaced = Entity::find().filter(Column::Replaces.is_not_null());
    let replaced = replaced.all(db.read_primary(Tenant::Own).await?.connection()).await.stored()?;
    for entry in replaced {
        let Some(old) = entry.replaces else { continue };
        objects.delete(&old).await?;
        let tx = db.open(Tenant::Own).await?;
        let forget = Entity::update_many().col_expr(Column::Replaces, Expr::value(Option::<String>::None));
        let forget = forget.filter(Column::Replaces.eq(old));
        forget.exec(tx.connection()).await.stored()?;
        tx.commit_quietly().await?;
    }
    Ok(())
}
