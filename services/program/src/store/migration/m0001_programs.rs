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

const TABLES: &[&str] = &[
    "CREATE TABLE care_programs (
        family_id BIGINT NOT NULL, id BIGINT NOT NULL, member_id BIGINT NOT NULL, title TEXT NOT NULL,
        start_date DATE NOT NULL, status TEXT NOT NULL, completed_date DATE, plan_version BIGINT NOT NULL,
        created_by BIGINT NOT NULL, created_at TIMESTAMPTZ NOT NULL, deleted_at TIMESTAMPTZ,
        PRIMARY KEY (family_id, id))",
    "CREATE INDEX care_programs_id ON care_programs (id)",
    "CREATE INDEX care_programs_of_member ON care_programs (family_id, member_id, created_at, id)",
    "CREATE TABLE program_configs (
        family_id BIGINT NOT NULL, program_id BIGINT NOT NULL, version INTEGER NOT NULL, effective_date DATE NOT NULL,
        nutrition_goals JSONB, strength_goals JSONB, clinical_goals JSONB, phases JSONB NOT NULL,
        created_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (family_id, program_id, version),
        FOREIGN KEY (family_id, program_id) REFERENCES care_programs (family_id, id) ON DELETE CASCADE)",
    "CREATE TABLE program_pauses (
        family_id BIGINT NOT NULL, program_id BIGINT NOT NULL, from_date DATE NOT NULL, resume_date DATE,
        PRIMARY KEY (family_id, program_id, from_date),
        FOREIGN KEY (family_id, program_id) REFERENCES care_programs (family_id, id) ON DELETE CASCADE)",
];

const TENANTS: &[Tenant] = &[
    Tenant {
        table: "care_programs",
        directory: &["family_id", "id", "member_id", "created_at", "deleted_at"],
    },
    Tenant { table: "program_configs", directory: &[] },
    Tenant { table: "program_pauses", directory: &[] },
];
