//! How the tables came to be, step by step.

mod m0001_families;
mod m0002_imports;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Runs the steps that are missing.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_families::Migration), Box::new(m0002_imports::Migration)]
    }
}
