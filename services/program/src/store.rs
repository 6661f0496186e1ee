//! The only door to program's database.

pub mod config;
pub mod entity;
pub mod migration;
pub mod pause;
pub mod program;

use std::time::Duration;

use backends::Database;
use chassis::Error;
use chassis::cached::Cached;

/// How many places of programs are remembered, and for how long: a program never goes to another family.
const MOST_PLACES: u64 = 100_000;
const PLACE_LIVES: Duration = Duration::from_secs(60 * 60);

/// What program keeps.
#[derive(Clone)]
pub struct Store {
    db: Database,
    /// Which family a program is of.
    places: Cached<i64, i64>,
}

impl Store {
    /// Brings the tables up to date.
    pub async fn open(db: Database) -> Result<Self, Error> {
        db.migrate::<migration::Migrator>().await?;
        Ok(Self { db, places: Cached::new("program_places", MOST_PLACES, PLACE_LIVES) })
    }

    /// The database, to open a transaction.
    pub fn db(&self) -> &Database {
        &self.db
    }
}
