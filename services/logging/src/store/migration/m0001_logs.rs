use async_trait::async_trait;
use backends::schema::{self, Tenant};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_logs"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema::shared(manager).await?;
        let divided = manager.get_connection().get_database_backend() == DbBackend::Postgres;
        let by_month = if divided { "PARTITION BY RANGE (timestamp)" } else { "" };
        schema::run(manager, &[&format!("{DAILY_LOGS} {by_month}")]).await?;
        schema::run(manager, TABLES).await?;
        if divided {
            schema::run(manager, &["CREATE TABLE daily_logs_default PARTITION OF daily_logs DEFAULT"])
                .await?;
            schema::directory_columns(manager, "daily_logs_default", &["timestamp"]).await?;
        }
        schema::tenant_tables(manager, TENANTS).await
    }
}

/// `time_zone` is where the member lived when the revision was made, to tell which day it was there. On PostgreSQL it is divided by
/// month; what falls into no month that was made ahead of time goes to the default partition. No query looks into `payload` by
/// what it says, so no index does: each would cost every write. The history goes down the key from its end. Kind and status are
/// the first letters of their names, the local day is what timestamp and offset make of it, and what is unlikely about a payload is
/// told of the payload: this is the table that grows.
/// Wide columns come first, as PostgreSQL fills up what is not aligned.
const DAILY_LOGS: &str = r#"CREATE TABLE daily_logs (
    family_id BIGINT NOT NULL, program_id BIGINT NOT NULL, timestamp TIMESTAMPTZ NOT NULL, id BIGINT NOT NULL,
    author_id BIGINT NOT NULL, recorded_at TIMESTAMPTZ NOT NULL, plan_version INTEGER NOT NULL, revision INTEGER NOT NULL,
    utc_offset_minutes SMALLINT NOT NULL, is_verified BOOLEAN NOT NULL, "current" BOOLEAN NOT NULL,
    log_type TEXT NOT NULL, status TEXT NOT NULL, time_zone TEXT NOT NULL, payload JSONB NOT NULL,
    PRIMARY KEY (family_id, program_id, timestamp, id, revision))"#;

const TABLES: &[&str] = &[
    "CREATE INDEX daily_logs_id ON daily_logs (id)",
    "CREATE TABLE image_metadata (
        family_id BIGINT NOT NULL, log_id BIGINT NOT NULL, program_id BIGINT NOT NULL, s3_key TEXT NOT NULL,
        kept_key TEXT, upload_timestamp TIMESTAMPTZ NOT NULL, processing_status TEXT NOT NULL, extracted_data JSONB,
        failure_reason TEXT, PRIMARY KEY (family_id, log_id), UNIQUE (family_id, s3_key))",
    "CREATE TABLE log_archives (
        month DATE NOT NULL, part INTEGER NOT NULL, s3_key TEXT NOT NULL, first_family_id BIGINT NOT NULL,
        last_family_id BIGINT NOT NULL, revisions BIGINT NOT NULL, bytes BIGINT NOT NULL, sha256 TEXT NOT NULL,
        archived_at TIMESTAMPTZ NOT NULL, replaces TEXT, PRIMARY KEY (month, part))",
];

const TENANTS: &[Tenant] = &[
    Tenant { table: "daily_logs", directory: &["family_id", "program_id", "timestamp", "id", "revision"] },
    Tenant { table: "image_metadata", directory: &[] },
];
