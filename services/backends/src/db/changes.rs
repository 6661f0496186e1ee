//! What changed of which family, for those who remember what this service has told them.
//!
//! Every transaction that writes about families leaves a row for each, whose number it takes last of all and keeps locked until it has
//! committed. So numbers become visible in their order, and who has seen one has seen all before it.

use std::sync::atomic::Ordering;

use chassis::Error;
use chassis::trusted::Told;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::change::{ActiveModel, Column, Entity};
use super::{Database, Scope, Tx, ids};
use crate::error::DbResultExt;

/// How many are kept. Who has fallen behind further forgets all it remembers.
const KEPT: i64 = 1_000;
const SEQUENCE: &str = "changes";

impl Database {
    /// Has it tell from now on what is changed by its transactions.
    pub fn tell_changes(&self) {
        self.0.tells_changes.store(true, Ordering::Relaxed);
    }

    /// The families of which something has changed after a number.
    pub async fn changes(&self, after: i64) -> Result<Told, Error> {
        let reader = self.read_primary(Scope::Own).await?;
        let query = Entity::find().filter(Column::Number.gte(after)).order_by_asc(Column::Number);
        let mut rows = query.all(reader.connection()).await.stored()?;
        // who has seen the one sees now what follows it, unless it is gone
        let known = rows.first().map_or(0, |row| row.number) == after;
        let last = rows.last().map_or(0, |row| row.number);
        if known && !rows.is_empty() {
            rows.remove(0);
        }
        Ok(Told { last, families: rows.into_iter().map(|row| row.of_family).collect(), forget: !known })
    }
}

impl Tx {
    /// Leaves word that something of its families has changed, where it is told.
    pub(super) async fn tell_changes(&self) -> Result<(), Error> {
        if !self.db().0.tells_changes.load(Ordering::Relaxed) {
            return Ok(());
        }
        let now = self.db().clock().now();
        for family_id in self.families() {
            let number = ids::reserve(SEQUENCE, 1, self.connection()).await?.start;
            let row = ActiveModel { number: Set(number), of_family: Set(family_id), changed_at: Set(now) };
            self.add_later(row)?;
            let old = Entity::delete_many().filter(Column::Number.lte(number - KEPT));
            old.exec(self.connection()).await.stored()?;
        }
        Ok(())
    }
}
