//! The tables of this service, in steps that are never changed once released.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m0001_inferences;
mod m0002_admitted_photos;

/// All steps, in order.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_inferences::Migration), Box::new(m0002_admitted_photos::Migration)]
    }
}
