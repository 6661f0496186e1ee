//! The tables of the audit trail. Nobody changes or removes what they hold, not even their owner: the database itself refuses it.
//!
//! | table | holds |
//! |---|---|
//! | `audit_logs` | who did what; the rows of no family stand under family 0 |
//! | `audit_pending` | which of them have no place in the chain yet; a trigger adds them, the sealer takes them out |
//! | `audit_chain` | the place of each among those of its family, and a hash over it and all before it |
//! | `audit_seals` | what was chained at once, with a digest over all chains so far |
//! | `audit_checkpoints` | digests, signed |

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

use super::run;
use super::tenants::{FAMILIES, current_schema, theirs, wall};
use crate::db::roles;

const TABLES: &[&str] = &[
    "CREATE TABLE audit_logs (
        family_id BIGINT NOT NULL, id BIGINT NOT NULL, actor_id BIGINT NOT NULL, resource_type TEXT NOT NULL,
        resource_id BIGINT NOT NULL, member_id BIGINT, action TEXT NOT NULL, outcome TEXT NOT NULL, ip_address TEXT,
        request_id TEXT NOT NULL, timestamp TIMESTAMPTZ NOT NULL, PRIMARY KEY (family_id, id))",
    "CREATE INDEX audit_logs_time ON audit_logs (family_id, timestamp, id)",
    "CREATE INDEX audit_logs_member ON audit_logs (family_id, member_id, timestamp, id)",
    "CREATE TABLE audit_pending (
        family_id BIGINT NOT NULL, audit_id BIGINT NOT NULL, PRIMARY KEY (family_id, audit_id))",
    "CREATE TABLE audit_chain (
        family_id BIGINT NOT NULL, sequence BIGINT NOT NULL, audit_id BIGINT NOT NULL, seal BIGINT NOT NULL,
        hash BYTEA NOT NULL, PRIMARY KEY (family_id, sequence), UNIQUE (family_id, audit_id))",
    "CREATE INDEX audit_chain_seal ON audit_chain (seal, family_id, sequence)",
    "CREATE TABLE audit_seals (
        number BIGINT NOT NULL PRIMARY KEY, total BIGINT NOT NULL, digest BYTEA NOT NULL, sealed_at TIMESTAMPTZ NOT NULL)",
    "CREATE TABLE audit_checkpoints (
        number BIGINT NOT NULL PRIMARY KEY, seal BIGINT NOT NULL, total BIGINT NOT NULL, digest BYTEA NOT NULL,
        signed_at TIMESTAMPTZ NOT NULL, key_id TEXT NOT NULL, signature BYTEA NOT NULL)",
];

/// Those that only grow.
const GROWING: [&str; 4] = ["audit_logs", "audit_chain", "audit_seals", "audit_checkpoints"];

/// Makes the tables, and has the database guard them.
pub async fn trail(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    run(manager, TABLES).await?;
    let connection = manager.get_connection();
    if connection.get_database_backend() == DbBackend::Sqlite {
        return guard_sqlite(manager).await;
    }
    let schema = current_schema(connection).await?;
    connection.execute_unprepared(&guard_postgres(&schema)).await?;
    for table in ["audit_logs", "audit_chain", "audit_pending"] {
        wall(connection, table).await?;
    }
    connection.execute_unprepared(&rights(&schema)).await?;
    Ok(())
}

async fn guard_sqlite(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let pending = "CREATE TRIGGER audit_logs_pending AFTER INSERT ON audit_logs BEGIN
        INSERT INTO audit_pending (family_id, audit_id) VALUES (NEW.family_id, NEW.id); END";
    run(manager, &[pending]).await?;
    for table in GROWING {
        for change in ["UPDATE", "DELETE"] {
            let refuse = format!(
                "CREATE TRIGGER {table}_no_{change} BEFORE {change} ON {table} BEGIN
                    SELECT RAISE(ABORT, 'the audit trail cannot be changed'); END"
            );
            run(manager, &[&refuse]).await?;
        }
    }
    Ok(())
}

fn guard_postgres(schema: &str) -> String {
    let refuse = GROWING.map(|table| {
        format!(
            "CREATE TRIGGER refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {schema}.audit_refuse();"
        )
    });
    format!(
        "CREATE FUNCTION {schema}.audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'the audit trail cannot be changed' USING ERRCODE = 'insufficient_privilege'; END $$;
        CREATE FUNCTION {schema}.audit_pending() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO {schema}.audit_pending (family_id, audit_id) SELECT family_id, id FROM added;
            RETURN NULL; END $$;
        CREATE TRIGGER pending AFTER INSERT ON audit_logs REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.audit_pending();
        {}",
        refuse.join("\n")
    )
}

/// A service adds rows of the family at hand and of none, and sees the same. The auditor sees all, and adds to the chain.
fn rights(schema: &str) -> String {
    let (application, auditor) = (roles::application(schema), roles::auditor(schema));
    let own = format!("family_id = 0 OR {}", theirs());
    format!(
        "CREATE POLICY add ON audit_logs FOR INSERT TO {application} WITH CHECK ({own});
        CREATE POLICY family ON audit_logs FOR SELECT TO {application} USING ((family_id = ANY (COALESCE(NULLIF({FAMILIES}, '{{}}'), '{{0}}'))) IS TRUE);
        CREATE POLICY add ON audit_pending FOR INSERT TO {application} WITH CHECK ({own});
        CREATE POLICY auditor ON audit_logs FOR SELECT TO {auditor} USING (current_user = '{auditor}');
        CREATE POLICY auditor ON audit_pending TO {auditor} USING (current_user = '{auditor}');
        CREATE POLICY auditor ON audit_chain TO {auditor} USING (current_user = '{auditor}')
            WITH CHECK (current_user = '{auditor}');
        GRANT SELECT ON audit_logs TO {auditor};
        GRANT SELECT, DELETE ON audit_pending TO {auditor};
        GRANT SELECT, INSERT ON audit_chain, audit_seals, audit_checkpoints TO {auditor}"
    )
}
