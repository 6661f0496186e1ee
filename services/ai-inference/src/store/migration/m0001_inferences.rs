use async_trait::async_trait;
use backends::schema::{self, Tenant};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_inferences"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema::shared(manager).await?;
        schema::run(manager, INFERENCES).await?;
        schema::tenant_tables(manager, &[Tenant { table: "inferences", directory: &["family_id", "log_id"] }])
            .await
    }
}

const INFERENCES: &[&str] = &[
    "CREATE TABLE inferences (
        family_id BIGINT NOT NULL, log_id BIGINT NOT NULL, program_id BIGINT NOT NULL, outcome JSONB NOT NULL,
        model TEXT NOT NULL, photo_kept BOOLEAN NOT NULL, created_at TIMESTAMPTZ NOT NULL,
        PRIMARY KEY (family_id, log_id))",
    "CREATE INDEX inferences_log ON inferences (log_id)",
];
