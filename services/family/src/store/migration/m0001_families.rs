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

// Keys lead with the family, which is what a distributed database would divide by. `family_managers` is the exception: its key is
// what keeps a user to one family, so it stays in one place, and nothing that is divided may be bound to it.
const TABLES: &[&str] = &[
    "CREATE TABLE families (family_id BIGINT NOT NULL PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL)",
    "CREATE TABLE family_managers (
        user_id BIGINT NOT NULL PRIMARY KEY, family_id BIGINT NOT NULL, joined_at TIMESTAMPTZ NOT NULL)",
    "CREATE INDEX family_managers_of_family ON family_managers (family_id, joined_at, user_id)",
    "CREATE TABLE members (
        family_id BIGINT NOT NULL REFERENCES families (family_id) ON DELETE CASCADE, id BIGINT NOT NULL,
        name TEXT NOT NULL, birth_date DATE NOT NULL, relation_type TEXT NOT NULL, time_zone TEXT NOT NULL,
        leaderboard_opt_in BOOLEAN NOT NULL, created_by BIGINT NOT NULL, created_at TIMESTAMPTZ NOT NULL,
        deleted_at TIMESTAMPTZ, PRIMARY KEY (family_id, id))",
    "CREATE INDEX members_by_id ON members (id)",
    "CREATE TABLE grants (
        family_id BIGINT NOT NULL, id BIGINT NOT NULL, member_id BIGINT NOT NULL, user_id BIGINT NOT NULL,
        role TEXT NOT NULL, log_types JSONB NOT NULL, not_before TIMESTAMPTZ NOT NULL, not_after TIMESTAMPTZ,
        created_at TIMESTAMPTZ NOT NULL, withdrawn_at TIMESTAMPTZ, PRIMARY KEY (family_id, id),
        FOREIGN KEY (family_id, member_id) REFERENCES members (family_id, id) ON DELETE CASCADE)",
    "CREATE INDEX grants_of_member ON grants (family_id, member_id, created_at, id)",
    "CREATE INDEX grants_of_user ON grants (user_id, member_id)",
    "CREATE TABLE invitations (
        family_id BIGINT NOT NULL REFERENCES families (family_id) ON DELETE CASCADE, id BIGINT NOT NULL,
        email TEXT NOT NULL, address TEXT NOT NULL, invited_by BIGINT NOT NULL, status TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL, expires_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (family_id, id))",
    "CREATE INDEX invitations_of_family ON invitations (family_id, created_at, id)",
    "CREATE INDEX invitations_by_id ON invitations (id)",
    "CREATE INDEX invitations_to ON invitations (address, created_at, id)",
];

const TENANTS: &[Tenant] = &[
    Tenant { table: "families", directory: &[] },
    Tenant { table: "family_managers", directory: &["user_id", "family_id"] },
    Tenant { table: "members", directory: &["family_id", "id", "created_at", "deleted_at"] },
    Tenant {
        table: "grants",
        directory: &["family_id", "member_id", "user_id", "not_before", "not_after", "withdrawn_at"],
    },
    Tenant {
        table: "invitations",
        directory: &["family_id", "id", "address", "status", "created_at", "expires_at"],
    },
];
