//! Changes of the tables: by their owner, over the direct URL, one process at a time, all in one transaction.
//!
//! The owner makes the schema, the tables, and two roles: one under which the service works, and one under which it finds out
//! whose a row is. Neither owns anything. Whoever is up to date needs none of the owner's rights to find that out.

use chassis::Error;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqlxPostgresConnector,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use sqlx::postgres::PgConnectOptions;

use super::{Server, locks, pool, refusal};
use crate::db::{Connection, Scope, Standing, roles};
use crate::error::{DbResultExt, db_error};

/// Brings the tables up to date.
pub async fn migrate<M: MigratorTrait>(server: &Server) -> Result<(), Error> {
    let service = server.settings().service;
    // any failure to read is looked into by those who have more rights
    if let Ok(standing) = standing::<M>(server).await
        && standing.serves(service)?
    {
        return Ok(());
    }
    let owner = owner(server)?.get_username().to_owned();
    as_owner(server, async |transaction| {
        let explained = |error: DbErr| db_error(&explained(error, &owner));
        let schema = server.settings.schema();
        transaction.execute_unprepared(&before(&schema, server.username())).await.map_err(explained)?;
        // another process may have come first
        if Standing::read::<M>(transaction).await.map_err(explained)?.serves(service)? {
            return Ok(());
        }
        M::up(transaction, None).await.map_err(explained)?;
        transaction.execute_unprepared(&after(&schema)).await.map_err(explained)?;
        Ok(())
    })
    .await
}

/// How the tables stand to the steps of this program, as the working role sees it.
pub async fn standing<M: MigratorTrait>(server: &Server) -> Result<Standing, Error> {
    let transaction = server.read_primary(Scope::Own).await?;
    Standing::read::<M>(&Connection::postgres(transaction)).await.stored()
}

/// Works as the owner of the tables, in one transaction; one process at a time.
pub async fn as_owner<T>(
    server: &Server,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, Error>,
) -> Result<T, Error> {
    let settings = server.settings();
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool::open(1, owner(server)?).await?);
    let worked = locked(&connection, settings.service, &settings.schema(), work).await;
    let closed = connection.close().await.stored();
    worked.and_then(|worked| closed.map(|()| worked))
}

/// Has the owner run one statement that can stand in no transaction.
pub async fn alone(server: &Server, statement: &str) -> Result<(), Error> {
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool::open(1, owner(server)?).await?);
    let path = format!("SET search_path = {}, pg_temp", server.settings().schema());
    let worked = async {
        connection.execute_unprepared(&path).await?;
        connection.execute_unprepared(statement).await.map(drop)
    };
    let worked = worked.await.stored();
    let closed = connection.close().await.stored();
    worked.and(closed)
}

/// How the owner connects.
fn owner(server: &Server) -> Result<PgConnectOptions, Error> {
    let settings = server.settings();
    pool::options(settings.direct_url.as_ref().unwrap_or(&settings.url), settings.service)
}

async fn locked<T>(
    connection: &DatabaseConnection,
    service: &str,
    schema: &str,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, Error>,
) -> Result<T, Error> {
    let transaction = connection.begin().await.stored()?;
    let lock = locks::migrating(service);
    let beginning =
        format!("SET LOCAL search_path = {schema}, pg_temp; SELECT pg_advisory_xact_lock({lock})");
    transaction.execute_unprepared(&beginning).await.stored()?;
    let worked = work(&transaction).await?;
    transaction.commit().await.stored()?;
    Ok(worked)
}

/// The schema and the roles. Who connects for the service may take them on.
fn before(schema: &str, login: &str) -> String {
    let login = login.replace('\'', "''");
    let roles = [roles::application(schema), roles::directory(schema), roles::auditor(schema)].map(|role| {
        format!(
            "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
            END IF;
            FOR login IN SELECT rolname FROM pg_roles WHERE rolname IN ('{login}', session_user) AND NOT rolsuper LOOP
                EXECUTE format('GRANT {role} TO %I', login);
            END LOOP;
            GRANT USAGE ON SCHEMA {schema} TO {role};"
        )
    });
    format!(
        "CREATE SCHEMA IF NOT EXISTS {schema};
        DO $$ DECLARE login TEXT; BEGIN {} END $$",
        roles.join("\n")
    )
}

/// The rights of the working role. It gets none on a partition: who goes around the table that is divided goes around its policies.
/// Nobody changes what the audit trail says.
fn after(schema: &str) -> String {
    let role = roles::application(schema);
    format!(
        "DO $$ DECLARE name TEXT; rights TEXT; BEGIN
            FOR name IN SELECT relname FROM pg_class
                WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition LOOP
                rights := CASE name WHEN 'seaql_migrations' THEN 'SELECT' WHEN 'audit_logs' THEN 'SELECT, INSERT'
                    WHEN 'audit_pending' THEN 'INSERT' WHEN 'audit_chain' THEN NULL WHEN 'audit_seals' THEN NULL
                    WHEN 'audit_checkpoints' THEN NULL ELSE 'SELECT, INSERT, UPDATE, DELETE' END;
                IF rights IS NOT NULL THEN
                    EXECUTE format('GRANT %s ON {schema}.%I TO {role}', rights, name);
                END IF;
            END LOOP;
        END $$"
    )
}

fn explained(error: DbErr, user: &str) -> DbErr {
    let refused = match &error {
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            inner.as_database_error().filter(|_| refusal::code(inner).as_deref() == Some("42501"))
        }
        _ => None,
    };
    match refused {
        Some(refused) => DbErr::Custom(format!(
            "role {user} may not change the tables: {}; give the direct database URL to a role that owns them",
            refused.message()
        )),
        None => error,
    }
}
