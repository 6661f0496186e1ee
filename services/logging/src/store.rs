//! The only door to the database. Every query is bounded by family, program and a span of time, but for the one that finds
//! out where a log lives, which is bounded by the month that the log's id carries.

use backends::Database;

mod entity;
mod image;
mod log;
mod migration;

pub use image::ReadImage;
pub use log::{After, History};
pub use migration::Migrator;

/// The logs and their photos.
#[derive(Clone)]
pub struct Store {
    db: Database,
}

impl Store {
    /// Stands on a migrated database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// The database, to open transactions on.
    pub fn db(&self) -> &Database {
        &self.db
    }
}
