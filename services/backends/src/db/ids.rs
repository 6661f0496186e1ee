//! Ids in blocks: one row per sequence holds the next block, the process hands out a block's ids from memory.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use chassis::Error;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::entity::sequence;
use super::{Connection, Engine};
use crate::error::DbResultExt;

/// How many ids one visit to the database brings.
pub const BLOCK: i64 = 256;

/// Ids end here, so that a JSON number holds each exactly.
const END: i64 = 1 << 53;

/// The blocks at hand, by sequence.
#[derive(Default)]
pub struct Blocks(Mutex<HashMap<&'static str, Vec<Range<i64>>>>);

impl Blocks {
    pub fn take(&self, sequence: &'static str) -> Option<i64> {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_sequence = blocks.get_mut(sequence)?;
        let id = of_sequence.last_mut()?.next();
        if of_sequence.last().is_some_and(Range::is_empty) {
            of_sequence.pop();
        }
        id
    }

    pub fn give(&self, sequence: &'static str, block: Range<i64>) {
        if !block.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(sequence).or_default().push(block);
        }
    }

    /// Moves all blocks to another.
    pub fn pour(&self, into: &Self) {
        let blocks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for (sequence, ranges) in blocks {
            ranges.into_iter().for_each(|block| into.give(sequence, block));
        }
    }
}

/// The ids of a database.
#[derive(Default)]
pub struct Ids {
    pub blocks: Blocks,
    /// One at a time goes for a new block, the others find it there.
    going: tokio::sync::Mutex<()>,
}

impl Ids {
    pub async fn next(&self, sequence: &'static str, engine: &Engine) -> Result<i64, Error> {
        if let Some(id) = self.blocks.take(sequence) {
            return Ok(id);
        }
        let _going = self.going.lock().await;
        if let Some(id) = self.blocks.take(sequence) {
            return Ok(id);
        }
        let connection = engine.housekeeping().await?;
        let mut block = reserve(sequence, BLOCK, &connection).await?;
        connection.commit().await.stored()?;
        let id = block.next().ok_or_else(|| Error::internal("an empty block of ids"))?;
        self.blocks.give(sequence, block);
        Ok(id)
    }
}

/// Takes the next `count` ids from the database, in one statement.
pub async fn reserve(
    sequence: &'static str,
    count: i64,
    connection: &Connection,
) -> Result<Range<i64>, Error> {
    let first = sequence::ActiveModel { name: Set(sequence.to_owned()), next: Set(1 + count) };
    let onward = Expr::col((sequence::Entity, sequence::Column::Next)).add(count);
    let row = sequence::Entity::insert(first)
        .on_conflict(
            OnConflict::column(sequence::Column::Name).value(sequence::Column::Next, onward).to_owned(),
        )
        .exec_with_returning(connection)
        .await
        .stored()?;
    if row.next > END {
        return Err(Error::internal("a sequence has run out of ids"));
    }
    Ok(row.next - count..row.next)
}
