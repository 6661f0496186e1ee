//! How many photos of a family were put before the provider in a day, which costs money.

use backends::queue::Message;
use backends::{DbResultExt, Scope};
use chassis::Error;
use sea_orm::{ConnectionTrait, Statement};

use super::Store;

/// Under this name a message counts as admitted, apart from its being settled.
const ADMISSION: &str = "ai-inference.admission";
/// Takes the row's lock, so that photos at the same moment are counted one after the other.
const COUNT: &str = "INSERT INTO admitted_photos (family_id, day, photos) VALUES ($1, $2, 1)
    ON CONFLICT (family_id, day) DO UPDATE SET photos = admitted_photos.photos + 1
    WHERE admitted_photos.photos < $3";

impl Store {
    /// Lets a photo before the provider; false when the family's day, in UTC, is used up. A message counts once, however often
    /// it is tried. It is counted before the provider is asked, in a transaction of its own: counted with the outcome, photos
    /// of the same moment would all be paid for by the time that one of them turns out to be too many.
    pub async fn admit(&self, message: &Message, family_id: i64, most: u32) -> Result<bool, Error> {
        let Some(tx) = self.db.consume(ADMISSION, message, Scope::Family(family_id)).await? else {
            return Ok(true);
        };
        let day = self.db.clock().now().date_naive();
        let values = [family_id.into(), day.into(), i64::from(most).into()];
        let count = Statement::from_sql_and_values(self.db.backend(), COUNT, values);
        let admitted = tx.connection().execute_raw(count).await.stored()?.rows_affected() > 0;
        if admitted {
            tx.commit_quietly().await?;
        }
        Ok(admitted)
    }
}
