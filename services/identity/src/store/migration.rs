//! How the tables came to be, step by step.

mod m0001_accounts;
mod m0002_providers;
mod m0003_proofs;
mod m0004_locks;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Runs the steps that are missing.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_providers::Migration),
            Box::new(m0003_proofs::Migration),
            Box::new(m0004_locks::Migration),
        ]
    }
}
