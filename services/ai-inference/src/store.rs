//! The only door to the database: one row a photo, written once.

use backends::queue::Message;
use backends::{Action, Database, DbResultExt, Scope};
use chassis::{Actor, Error};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, TryInsertResult};
use uuid::Uuid;

use crate::domain::outcome::Outcome;
use crate::events::{CONSUMER, IMAGE_READ, ImageRead, ImageUploaded};
use entity::inference::{ActiveModel, Column, Entity};

mod allowance;
pub mod entity;
mod migration;

pub use migration::Migrator;

/// How the reading of a photo ended, and what is kept of it.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub struct Inference {
    /// What the photo shows, or why it could not be read.
    pub outcome: Outcome,
    /// Which provider and model were in charge.
    pub model: String,
    /// Whether a checked copy of the photo is kept.
    pub photo_kept: bool,
}

/// The inferences.
#[derive(Clone)]
pub struct Store {
    db: Database,
}

impl Store {
    /// Stands on a migrated database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// How the reading of a log's photo ended; `None` while it has not.
    pub async fn of_log(&self, log_id: i64) -> Result<Option<Inference>, Error> {
        let family = Entity::find().filter(Column::LogId.eq(log_id)).select_only().column(Column::FamilyId);
        let directory = self.db.read(Scope::Directory).await?;
        let family: Option<i64> = family.into_tuple().one(directory.connection()).await.stored()?;
        drop(directory);
        let Some(family_id) = family else { return Ok(None) };
        let reader = self.db.read_primary(Scope::Family(family_id)).await?;
        let row = Entity::find_by_id((family_id, log_id)).one(reader.connection()).await.stored()?;
        let Some(row) = row else { return Ok(None) };
        // a parser's own words may quote the reading
        let outcome = serde_json::from_value(row.outcome);
        let outcome = outcome.map_err(|_| Error::internal("inferences.outcome cannot be read"))?;
        Ok(Some(Inference { outcome, model: row.model, photo_kept: row.photo_kept }))
    }

    /// Keeps how the reading ended and leaves word of it, together and once: whoever comes second changes nothing.
    pub async fn keep(
        &self,
        message: &Message,
        of: &ImageUploaded,
        inference: Inference,
    ) -> Result<(), Error> {
        let Some(tx) = self.db.consume(CONSUMER, message, Scope::Family(of.family_id)).await? else {
            return Ok(());
        };
        let row = self.row((of.family_id, of.program_id, of.log_id), inference)?;
        let added = Entity::insert(row)
            .on_conflict(unless_known())
            .try_insert()
            .exec_without_returning(tx.connection())
            .await
            .stored()?;
        if matches!(added, TryInsertResult::Inserted(1..)) {
            let ImageUploaded { family_id, program_id, member_id, log_id, .. } = *of;
            let event = ImageRead { family_id, program_id, member_id, log_id };
            tx.publish(IMAGE_READ, &event).await?;
        }
        tx.commit_quietly().await
    }

    /// Keeps how readings ended elsewhere, by log, and leaves no word of it. What is known already stays as it is.
    pub async fn keep_all(
        &self,
        family_id: i64,
        program_id: i64,
        inferences: Vec<(i64, Inference)>,
    ) -> Result<(), Error> {
        let row = |(log_id, inference)| self.row((family_id, program_id, log_id), inference);
        let rows = inferences.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        let actor = Actor::system(Uuid::nil());
        let tx = self.db.write(&actor, Action::Import, "Inference", Scope::Family(family_id)).await?;
        let all = Entity::insert_many(rows).on_conflict(unless_known()).try_insert();
        all.exec_without_returning(tx.connection()).await.stored()?;
        // logging takes down who has imported the logs
        tx.commit_quietly().await
    }

    fn row(
        &self,
        (family_id, program_id, log_id): (i64, i64, i64),
        inference: Inference,
    ) -> Result<ActiveModel, Error> {
        Ok(ActiveModel {
            family_id: Set(family_id),
            log_id: Set(log_id),
            program_id: Set(program_id),
            outcome: Set(serde_json::to_value(&inference.outcome).map_err(Error::internal)?),
            model: Set(inference.model),
            photo_kept: Set(inference.photo_kept),
            created_at: Set(self.db.clock().now()),
        })
    }
}

fn unless_known() -> OnConflict {
    OnConflict::columns([Column::FamilyId, Column::LogId]).do_nothing().to_owned()
}
