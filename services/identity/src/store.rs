//! The only door to identity's database.

mod attempts;
pub mod entity;
mod keys;
pub mod migration;
pub mod sessions;
pub mod users;

use backends::Database;
use chassis::Error;

/// What identity keeps.
#[derive(Clone)]
pub struct Store {
    db: Database,
}

impl Store {
    /// Brings the tables up to date.
    pub async fn open(db: Database) -> Result<Self, Error> {
        db.migrate::<migration::Migrator>().await?;
        Ok(Self { db })
    }
}
