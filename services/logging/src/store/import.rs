//! Logs that were kept elsewhere, all at once.

use backends::{DbResultExt, Tx};
use chassis::Error;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::Store;
use super::entity::{daily_log, image};
use super::log::row;
use crate::domain::image::ImageStatus;
use crate::domain::image_key::ImageKey;
use crate::domain::import::Imported;
use crate::domain::log::{Reading, Revision};

/// How many rows one statement adds. The longest sessions take more than a mebibyte each while they are written.
const ROWS_AT_ONCE: usize = 50;

impl Store {
    /// Adds logs with all their revisions, of which the last is current, and the state of their photos.
    pub async fn add_imported(&self, tx: &Tx, logs: &[Imported]) -> Result<(), Error> {
        let revisions: Vec<(&Revision, bool)> = logs.iter().flat_map(marked).collect();
        for some in revisions.chunks(ROWS_AT_ONCE) {
            let rows = some.iter().map(|(revision, current)| row(revision, *current));
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            daily_log::Entity::insert_many(rows).exec_without_returning(tx.connection()).await.stored()?;
        }
        let photos: Vec<image::ActiveModel> =
            logs.iter().map(photo).filter_map(Result::transpose).collect::<Result<_, _>>()?;
        for some in photos.chunks(ROWS_AT_ONCE) {
            image::Entity::insert_many(some.to_vec())
                .exec_without_returning(tx.connection())
                .await
                .stored()?;
        }
        Ok(())
    }
}

fn marked(log: &Imported) -> impl Iterator<Item = (&Revision, bool)> {
    let last = log.revisions.len();
    log.revisions.iter().enumerate().map(move |(n, revision)| (revision, n + 1 == last))
}

/// The photo under a name of its own, under which nothing is kept.
fn photo(log: &Imported) -> Result<Option<image::ActiveModel>, Error> {
    let (Some(photo), Some(first)) = (&log.photo, log.revisions.first()) else { return Ok(None) };
    let key = ImageKey::new(first.scope, Uuid::new_v4(), "image/jpeg");
    let key = key.ok_or_else(|| Error::internal("a photo has no name"))?;
    let read = match (photo.status, log.reading()) {
        (ImageStatus::Completed, Some((_, Reading::Meal(meal)))) => {
            Some(meal.to_json().map_err(Error::internal)?)
        }
        _ => None,
    };
    Ok(Some(image::ActiveModel {
        family_id: Set(first.scope.family_id),
        log_id: Set(first.log_id),
        program_id: Set(first.scope.program_id),
        s3_key: Set(key.upload()),
        kept_key: Set(None),
        upload_timestamp: Set(first.by.recorded_at),
        processing_status: Set(photo.status.name().to_owned()),
        extracted_data: Set(read),
        failure_reason: Set(photo.failure_reason.clone()),
    }))
}
