use backends::schema;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema::shared(manager).await?;
        schema::run(manager, TABLES).await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE users (
        id BIGINT NOT NULL PRIMARY KEY, email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL, full_name TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL, deleted_at TIMESTAMPTZ)",
    "CREATE TABLE sessions (
        id BIGINT NOT NULL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at TIMESTAMPTZ NOT NULL, ended_at TIMESTAMPTZ, end_reason TEXT)",
    "CREATE INDEX sessions_of_user ON sessions (user_id)",
    "CREATE TABLE refresh_tokens (
        hash BYTEA NOT NULL PRIMARY KEY, session_id BIGINT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        issued_at TIMESTAMPTZ NOT NULL, expires_at TIMESTAMPTZ NOT NULL, used_at TIMESTAMPTZ)",
    "CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id)",
    "CREATE TABLE signing_keys (
        kid TEXT NOT NULL PRIMARY KEY, secret BYTEA NOT NULL, public_key BYTEA NOT NULL,
        created_at TIMESTAMPTZ NOT NULL, retired_at TIMESTAMPTZ)",
    "CREATE TABLE login_attempts (email_hash BYTEA NOT NULL PRIMARY KEY, guesses JSONB NOT NULL)",
];
