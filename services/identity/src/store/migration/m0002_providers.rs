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

/// The signing keys start afresh, since two of them could come to be at once before they were numbered; what the old ones
/// signed would have ended within a quarter of an hour, and a refresh token buys the new.
const STATEMENTS: &[&str] = &[
    "CREATE TABLE identities (
        issuer TEXT NOT NULL, subject TEXT NOT NULL, user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (issuer, subject))",
    "CREATE INDEX identities_of_user ON identities (user_id)",
    "CREATE TABLE oidc_flows (
        hash BYTEA NOT NULL PRIMARY KEY, provider TEXT NOT NULL, redirect_uri TEXT NOT NULL, expires_at TIMESTAMPTZ NOT NULL)",
    "CREATE INDEX oidc_flows_end ON oidc_flows (expires_at)",
    "ALTER TABLE sessions ADD COLUMN last_used_at TIMESTAMPTZ NOT NULL DEFAULT '1970-01-01T00:00:00+00:00'",
    "UPDATE sessions SET last_used_at = created_at",
    "ALTER TABLE sessions ADD COLUMN address TEXT",
    "ALTER TABLE sessions ADD COLUMN user_agent TEXT",
    "DROP TABLE signing_keys",
    "CREATE TABLE signing_keys (
        generation BIGINT NOT NULL PRIMARY KEY, kid TEXT NOT NULL UNIQUE, secret BYTEA NOT NULL, public_key BYTEA NOT NULL,
        created_at TIMESTAMPTZ NOT NULL)",
];
