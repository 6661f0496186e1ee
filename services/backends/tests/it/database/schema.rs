use backends::schema as ddl;
use chassis::clock::Clock;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use super::{Adapter, Migrator, counted, noon, number, ready};

/// Makes a table and then fails.
struct Broken;

impl MigrationName for Broken {
    fn name(&self) -> &str {
        "m0002_broken"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Broken {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run(manager, &["CREATE TABLE halves (id BIGINT)", "CREATE TABLE halves (id BIGINT)"]).await
    }
}

struct BrokenMigrator;

impl MigratorTrait for BrokenMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = Migrator::migrations();
        all.push(Box::new(Broken));
        all
    }
}

pub async fn twice(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    db.migrate::<Migrator>().await.unwrap();
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM seaql_migrations").await, 1);
}

pub async fn half(adapter: impl Adapter) {
    let db = adapter.open(&Clock::fixed(noon())).await;
    assert!(db.migrate::<BrokenMigrator>().await.is_err());
    // were the first tables still there, this would fail
    db.migrate::<Migrator>().await.unwrap();
    assert_eq!(counted(&db).await, 0);
    assert_eq!(number(&db, "SELECT COUNT(*) AS n FROM seaql_migrations").await, 1);
}
