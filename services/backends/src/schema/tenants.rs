use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use sea_orm_migration::{SchemaManager, SchemaManagerConnection};

use crate::db::roles;

/// A table whose rows belong to families, by its column `family_id`.
#[derive(Clone, Copy, Debug)]
pub struct Tenant {
    /// The table.
    pub table: &'static str,
    /// The columns that [`crate::Scope::Directory`] may read: ids and times, never what a row says.
    pub directory: &'static [&'static str],
}

/// The families that a transaction is about: one, or those of what is done together. A policy may hold no subquery, or Citus could not
/// push it down.
pub const FAMILIES: &str = "NULLIF(current_setting('app.families', true), '')::bigint[]";

/// That a row is of one of them. Without the last two words PostgreSQL would take it for a key to look rows up by, and read all rows of the
/// families for the few that a statement asks for.
pub fn theirs() -> String {
    format!("(family_id = ANY ({FAMILIES})) IS TRUE")
}

/// Walls families off from each other: a transaction of one family meets no row of another, and one that finds out whose a row is
/// meets all rows, but only their ids. Of a table in partitions it is the parent that has the wall; nobody is let in by a side
/// door, since the roles have no right to a partition. Does nothing on SQLite, which has no such walls.
pub async fn tenant_tables(manager: &SchemaManager<'_>, tenants: &[Tenant]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let schema = current_schema(connection).await?;
    let (application, directory) = (roles::application(&schema), roles::directory(&schema));
    let theirs = theirs();
    for Tenant { table, directory: columns } in tenants {
        wall(connection, table).await?;
        let policies = format!(
            "CREATE POLICY family ON {table} TO {application}
                USING ({theirs}) WITH CHECK ({theirs});
            CREATE POLICY directory ON {table} FOR SELECT TO {directory} USING (current_user = '{directory}')"
        );
        connection.execute_unprepared(&policies).await?;
        directory_columns(manager, table, columns).await?;
    }
    Ok(())
}

/// Lets [`crate::Scope::Directory`] read some columns of a table, or of a partition by its own name.
pub async fn directory_columns(
    manager: &SchemaManager<'_>,
    table: &str,
    columns: &[&str],
) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if connection.get_database_backend() != DbBackend::Postgres || columns.is_empty() {
        return Ok(());
    }
    let (directory, columns) = (roles::directory(&current_schema(connection).await?), columns.join(", "));
    connection.execute_unprepared(&format!("GRANT SELECT ({columns}) ON {table} TO {directory}")).await?;
    Ok(())
}

/// Puts up the wall, through which nobody passes without a policy.
pub async fn wall(connection: &SchemaManagerConnection<'_>, table: &str) -> Result<(), DbErr> {
    let wall = format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    );
    connection.execute_unprepared(&wall).await?;
    Ok(())
}

/// The schema that the migration works in.
pub async fn current_schema(connection: &SchemaManagerConnection<'_>) -> Result<String, DbErr> {
    let ask = Statement::from_string(DbBackend::Postgres, "SELECT current_schema()::text");
    let row = connection.query_one_raw(ask).await?;
    row.ok_or_else(|| DbErr::Custom("there is no current schema".to_owned()))?.try_get_by_index(0)
}
