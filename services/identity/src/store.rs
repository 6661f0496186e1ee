//! The only door to identity's database.

pub mod attempts;
pub mod entity;
mod flows;
pub mod identities;
pub mod keys;
pub mod locks;
pub mod migration;
pub mod sessions;
mod spent_id_tokens;
pub mod users;

use backends::Database;

/// What identity keeps.
#[derive(Clone)]
pub struct Store {
    db: Database,
}

impl Store {
    /// The store over a database whose tables are up to date.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}
