//! The archive: logs older than two years, month by month, as Parquet in the object store.
//!
//! A month moves in one transaction. Its revisions are written to files of a bounded size, each file is read back and compared by
//! count and content, and only then are the files entered in `log_archives` and the month dropped. Whoever dies in between
//! leaves the month where it was, and at most a file that the next run replaces.

mod erase;
mod file;
mod row;

use backends::{Database, DbResultExt, Objects};
use chassis::Error;
use chrono::{DateTime, Months, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, DatabaseTransaction};

use crate::store::archive::{self as store, Month};
use crate::store::entity::log_archive::ActiveModel;
pub use erase::{drop_replaced, erase};
use file::{Facts, Writer};
pub use file::{Rows, read};

/// How many months of logs stay in the database, beside the one that is not over.
const KEPT: Months = Months::new(24);
/// How many revisions are taken from the database at a time.
const PAGE: u64 = 10_000;
/// The size at which a file is closed. It is also what a reader of old history fetches.
const FULL: usize = 8 * 1024 * 1024;
/// A file may exceed that by its last row group.
pub const MOST_BYTES: u64 = 4 * FULL as u64;

/// What a file is.
const PARQUET: &str = "application/vnd.apache.parquet";

/// A month that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Its first day.
    pub month: NaiveDate,
    /// How many files it became; none when there was nothing in it.
    pub files: i32,
    /// How many revisions.
    pub revisions: i64,
    /// How many bytes.
    pub bytes: i64,
}

/// The first day of the oldest month that stays.
pub fn kept_from(now: DateTime<Utc>) -> NaiveDate {
    Month::of(now.date_naive() - KEPT).first
}

/// Moves the oldest month that is due; none when none is.
pub async fn next(db: &Database, objects: &Objects) -> Result<Option<Archived>, Error> {
    let now = db.clock().now();
    let Some(month) = store::oldest(db).await?.filter(|month| month.first < kept_from(now)) else {
        return Ok(None);
    };
    db.as_owner(async |owner| Mover { owner, objects, month, now }.run().await).await.map(Some)
}

/// Moves one month.
struct Mover<'a> {
    owner: &'a DatabaseTransaction,
    objects: &'a Objects,
    month: Month,
    now: DateTime<Utc>,
}

impl Mover<'_> {
    async fn run(&self) -> Result<Archived, Error> {
        self.month.hold(self.owner).await?;
        let first_part = self.month.parts(self.owner).await?;
        let mut archived = Archived { month: self.month.first, files: 0, revisions: 0, bytes: 0 };
        let (mut writer, mut after) = (Writer::new()?, None);
        loop {
            let page = self.month.page(self.owner, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            for revision in page {
                writer.add(revision.into())?;
            }
            if writer.bytes() >= FULL {
                self.keep(std::mem::replace(&mut writer, Writer::new()?), first_part, &mut archived).await?;
            }
        }
        if !writer.is_empty() {
            self.keep(writer, first_part, &mut archived).await?;
        }
        if archived.revisions != self.month.count(self.owner).await? {
            return Err(Error::internal("the archive has not as many revisions as the month"));
        }
        self.month.drop(self.owner).await?;
        Ok(archived)
    }

    /// Stores a file, reads it back, and enters it once it is proved to say the same.
    async fn keep(&self, writer: Writer, first_part: i32, archived: &mut Archived) -> Result<(), Error> {
        let part = first_part + archived.files;
        let (facts, content) = writer.close()?;
        let key = format!("archive/daily_logs/{}/{part}.parquet", self.month.first.format("%Y-%m"));
        let bytes = i64::try_from(content.len()).map_err(Error::internal)?;
        self.objects.put(&key, PARQUET, content).await?;
        let back = self.objects.get(&key, MOST_BYTES).await?;
        if back.map(Facts::of).transpose()?.as_ref() != Some(&facts) {
            return Err(Error::internal("a file of the archive did not come back as it was written"));
        }
        let entry = ActiveModel {
            month: Set(self.month.first),
            part: Set(part),
            s3_key: Set(key),
            first_family_id: Set(facts.families.0),
            last_family_id: Set(facts.families.1),
            revisions: Set(facts.revisions),
            bytes: Set(bytes),
            sha256: Set(facts.sha256),
            archived_at: Set(self.now),
            replaces: Set(None),
        };
        entry.insert(self.owner).await.stored()?;
        archived.files += 1;
        archived.revisions += facts.revisions;
        archived.bytes += bytes;
        Ok(())
    }
}
