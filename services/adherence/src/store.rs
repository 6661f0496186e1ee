//! The only door to adherence's database.

pub mod contribution;
pub mod entity;
pub mod event;
pub mod known;
pub mod metric;
pub mod migration;
pub mod plan;

use backends::Database;
use chassis::Error;
use chrono::NaiveDate;

/// Where a program's rows live: no row is reached without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The tenant.
    pub family_id: i64,
    /// The program.
    pub program_id: i64,
}

impl From<Scope> for backends::Scope {
    fn from(scope: Scope) -> Self {
        Self::Family(scope.family_id)
    }
}

/// The keys of some programs.
fn keys(scopes: &[Scope]) -> Vec<[i64; 2]> {
    scopes.iter().map(|scope| [scope.family_id, scope.program_id]).collect()
}

/// The days from the first to the second.
pub type Span = (NaiveDate, NaiveDate);

/// What adherence keeps.
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
