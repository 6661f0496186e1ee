//! Photos, one row a log that has one.

use std::collections::HashMap;

use backends::{DbResultExt, Tx, db_error, is_unique_violation};
use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};

use super::Store;
use super::entity::image::{ActiveModel, Column, Entity, Model};
use crate::domain::Scope;
use crate::domain::image::{Image, ImageStatus};
use crate::domain::image_key::ImageKey;
use crate::domain::log::Reading;
use crate::error;

/// What became of a photo.
#[derive(Clone)]
pub struct ReadImage<'a> {
    /// What it was read as, or why not.
    pub reading: &'a Reading,
    /// Whether a checked copy is kept.
    pub kept: bool,
}

impl Store {
    /// A log's photo.
    pub async fn image(&self, scope: Scope, log_id: i64) -> Result<Option<Image>, Error> {
        let reader = self.db.read_primary(scope.into()).await?;
        let row = of_logs(scope, &[log_id]).one(reader.connection()).await.stored()?;
        row.map(|row| read(row).map(|(_, image)| image)).transpose()
    }

    /// The photos of several logs, by log.
    pub async fn images(&self, scope: Scope, log_ids: &[i64]) -> Result<HashMap<i64, Image>, Error> {
        if log_ids.is_empty() {
            return Ok(HashMap::new());
        }
        // the logs were read before, perhaps from a replica that is ahead of the next one
        let reader = self.db.read_primary(scope.into()).await?;
        let rows = of_logs(scope, log_ids).all(reader.connection()).await.stored()?;
        rows.into_iter().map(read).collect()
    }

    /// Adds the photo of a new log. A photo is logged once.
    pub async fn add_image(
        &self,
        tx: &Tx,
        scope: Scope,
        log_id: i64,
        key: &ImageKey,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let row = ActiveModel {
            family_id: Set(scope.family_id),
            log_id: Set(log_id),
            program_id: Set(scope.program_id),
            s3_key: Set(key.upload()),
            kept_key: Set(None),
            upload_timestamp: Set(at),
            processing_status: Set(ImageStatus::Pending.name().to_owned()),
            extracted_data: Set(None),
            failure_reason: Set(None),
        };
        let added = Entity::insert(row).exec_without_returning(tx.connection()).await;
        added.map_err(
            |e| if is_unique_violation(&e) { error::Error::PhotoUsed.into() } else { db_error(&e) },
        )?;
        Ok(())
    }

    /// Notes what became of a photo. True when this was the first to say so.
    pub async fn settle_image(
        &self,
        tx: &Tx,
        scope: Scope,
        log_id: i64,
        read: ReadImage<'_>,
    ) -> Result<bool, Error> {
        let Some(image) = of_logs(scope, &[log_id]).one(tx.connection()).await.stored()? else {
            return Ok(false);
        };
        let kept = read.kept.then(|| key(&image).map(|key| key.kept())).transpose()?;
        let (status, data, reason) = match read.reading {
            Reading::Meal(meal) => {
                (ImageStatus::Completed, Some(meal.to_json().map_err(Error::internal)?), None)
            }
            Reading::Failure(reason) => (ImageStatus::Failed, None, Some(reason.clone())),
        };
        let settled = Entity::update_many()
            .col_expr(Column::ProcessingStatus, Expr::value(status.name()))
            .col_expr(Column::ExtractedData, Expr::value(data))
            .col_expr(Column::FailureReason, Expr::value(reason))
            .col_expr(Column::KeptKey, Expr::value(kept))
            .filter(Column::FamilyId.eq(scope.family_id))
            .filter(Column::LogId.eq(log_id))
            .filter(Column::ProcessingStatus.eq(ImageStatus::Pending.name()))
            .exec(tx.connection())
            .await
            .stored()?;
        Ok(settled.rows_affected == 1)
    }
}

fn of_logs(scope: Scope, log_ids: &[i64]) -> Select<Entity> {
    Entity::find()
        .filter(Column::FamilyId.eq(scope.family_id))
        .filter(Column::LogId.is_in(log_ids.iter().copied()))
        .filter(Column::ProgramId.eq(scope.program_id))
}

fn key(row: &Model) -> Result<ImageKey, Error> {
    let scope = Scope { family_id: row.family_id, program_id: row.program_id };
    ImageKey::parse(&row.s3_key, scope).ok_or_else(|| Error::internal("image_metadata.s3_key cannot be read"))
}

fn read(row: Model) -> Result<(i64, Image), Error> {
    let status = ImageStatus::parse(&row.processing_status)
        .ok_or_else(|| Error::internal("image_metadata.processing_status cannot be read"))?;
    let image =
        Image { key: key(&row)?, status, failure_reason: row.failure_reason, kept: row.kept_key.is_some() };
    Ok((row.log_id, image))
}
