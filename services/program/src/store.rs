//! The only door to program's database.

pub mod config;
pub mod entity;
pub mod migration;
pub mod pause;
pub mod program;

use backends::Database;
use chassis::Error;

/// What program keeps.
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

    /// The database, to open a transaction.
    pub fn db(&self) -> &Database {
        &self.db
    }
}
