use backends::schema::{self, Tenant};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema::shared(manager).await?;
        schema::run(manager, TABLES).await?;
        schema::tenant_tables(manager, TENANTS).await
    }
}

/// Scores are whole hundredths of a point, amounts whole thousandths.
const TABLES: &[&str] = &[
    "CREATE TABLE plans (
        family_id BIGINT NOT NULL, program_id BIGINT NOT NULL, member_id BIGINT NOT NULL, version BIGINT NOT NULL,
        plan JSONB NOT NULL, PRIMARY KEY (family_id, program_id))",
    "CREATE TABLE contributions (
        family_id BIGINT NOT NULL, program_id BIGINT NOT NULL, log_id BIGINT NOT NULL, revision INTEGER NOT NULL,
        local_date DATE NOT NULL, kind TEXT NOT NULL, amounts JSONB NOT NULL, impact_basis_points INTEGER NOT NULL,
        recorded_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (family_id, program_id, log_id, revision))",
    "CREATE TABLE adherence_metrics (
        family_id BIGINT NOT NULL, program_id BIGINT NOT NULL, date DATE NOT NULL, nutrition_score INTEGER,
        strength_score INTEGER, clinical_score INTEGER, total_score INTEGER, control_score INTEGER,
        details JSONB NOT NULL, computed_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (family_id, program_id, date))",
    "CREATE TABLE program_events (
        family_id BIGINT NOT NULL, program_id BIGINT NOT NULL, id BIGINT NOT NULL, kind TEXT NOT NULL,
        log_id BIGINT NOT NULL, log_type TEXT, status TEXT, date DATE NOT NULL, total_score INTEGER,
        occurred_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (family_id, program_id, id))",
];

/// Nothing is looked for here without its family.
const TENANTS: &[Tenant] = &[
    Tenant { table: "plans", directory: &[] },
    Tenant { table: "contributions", directory: &[] },
    Tenant { table: "adherence_metrics", directory: &[] },
    Tenant { table: "program_events", directory: &[] },
];
