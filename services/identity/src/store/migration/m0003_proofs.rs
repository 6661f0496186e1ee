use backends::schema;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema::run(manager, STATEMENTS).await
    }
}

const STATEMENTS: &[&str] = &[
    "ALTER TABLE sessions ADD COLUMN proof TEXT NOT NULL DEFAULT 'PASSWORD'",
    "CREATE TABLE spent_id_tokens (hash BYTEA NOT NULL PRIMARY KEY, expires_at TIMESTAMPTZ NOT NULL)",
    "CREATE INDEX spent_id_tokens_end ON spent_id_tokens (expires_at)",
];
