//! The only door to the database. Every query is bounded by family, program and a span of time, but for the one that finds
//! out where a log lives, which is bounded by the month that the log's id carries.

use backends::{Database, Objects};

use crate::domain::Scope;

pub mod archive;
pub mod entity;
mod image;
mod import;
mod log;
mod migration;
pub mod packing;
pub mod partitions;
mod revision;

pub use image::ReadImage;
pub use log::{After, History};
pub use migration::Migrator;

impl From<Scope> for backends::Scope {
    fn from(scope: Scope) -> Self {
        Self::Family(scope.family_id)
    }
}

/// The logs and their photos.
#[derive(Clone)]
pub struct Store {
    db: Database,
    /// Where the archive is.
    objects: Objects,
}

impl Store {
    /// Stands on a migrated database, with the archive in `objects`.
    pub fn new(db: Database, objects: Objects) -> Self {
        Self { db, objects }
    }

    /// The database, to open transactions on.
    pub fn db(&self) -> &Database {
        &self.db
    }
}
