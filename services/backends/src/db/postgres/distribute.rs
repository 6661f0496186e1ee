//! Dividing the tables among the nodes of a Citus cluster, by family.
//!
//! A table is divided when every unique key of it holds the family; then its rows, its constraints and its policy are whole on each
//! node. The others stay on the coordinator, where the transactions that write them begin: the outbox, the inbox, what was
//! answered, the sequences, and who manages a family, whose key is the person's.

use std::collections::HashSet;

use chassis::Error;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, Statement};

use super::Server;
use super::migrate::as_owner;
use crate::error::DbResultExt;

/// The tables that can be divided, with those that their foreign keys point to.
const TABLES: &str = "
    SELECT relname::text AS name, ARRAY_TO_STRING(ARRAY(
        SELECT target.relname FROM pg_constraint JOIN pg_class AS target ON target.oid = confrelid
        WHERE conrelid = pg_class.oid AND contype = 'f' AND confrelid <> conrelid), ' ') AS targets
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'family_id' AND NOT attisdropped
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisunique AND attnum <> ALL (indkey))
    ORDER BY relname";

const CITUS: &str = "SELECT extname::text AS name FROM pg_extension WHERE extname = 'citus'";

const DIVIDED: &str =
    "SELECT relname::text AS name FROM pg_dist_partition JOIN pg_class ON pg_class.oid = logicalrelid
    WHERE relnamespace = current_schema()::regnamespace";

#[derive(Debug, FromQueryResult)]
struct Table {
    name: String,
    /// Names parted by spaces.
    targets: String,
}

#[derive(FromQueryResult)]
struct Name {
    name: String,
}

/// Divides the tables that are not divided yet, one after the other, and returns their names.
pub async fn distribute(server: &Server) -> Result<Vec<String>, Error> {
    let (schema, service) = (server.settings().schema(), server.settings().service);
    let (tables, divided) = as_owner(server, async |transaction| {
        let tables = Table::find_by_statement(ask(TABLES)).all(transaction).await.stored()?;
        let divided = match names(transaction, CITUS).await?.is_empty() {
            true => None,
            false => Some(names(transaction, DIVIDED).await?),
        };
        Ok((in_order(tables), divided))
    })
    .await?;
    let Some(divided) = divided else { return Err(no_citus(service, &tables)) };
    let missing: Vec<String> = tables.iter().filter(|table| !divided.contains(*table)).cloned().collect();
    for statement in statements(&schema, &tables, &missing) {
        as_owner(server, async |owner| owner.execute_unprepared(&statement).await.map(drop).stored()).await?;
    }
    Ok(missing)
}

async fn names(transaction: &DatabaseTransaction, sql: &str) -> Result<HashSet<String>, Error> {
    let names = Name::find_by_statement(ask(sql)).all(transaction).await.stored()?;
    Ok(names.into_iter().map(|row| row.name).collect())
}

fn ask(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, sql)
}

/// What a foreign key points to comes before what points there.
fn in_order(mut tables: Vec<Table>) -> Vec<String> {
    let mut ordered = Vec::new();
    while !tables.is_empty() {
        let waits =
            |table: &Table| tables.iter().any(|other| table.targets.split(' ').any(|to| to == other.name));
        // of tables that point to each other any may come first
        let next = tables.iter().position(|table| !waits(table)).unwrap_or(0);
        ordered.push(tables.remove(next).name);
    }
    ordered
}

/// Each family's rows of all tables come to lie on one node. What a divided table leaves behind on the coordinator goes, those that
/// point elsewhere first.
fn statements(schema: &str, tables: &[String], missing: &[String]) -> Vec<String> {
    let divide = missing.iter().map(|table| {
        let with = match tables.first().filter(|first| *first != table) {
            Some(first) => format!("{schema}.{first}"),
            None => "none".to_owned(),
        };
        format!("SELECT create_distributed_table('{schema}.{table}', 'family_id', colocate_with => '{with}')")
    });
    let clear = missing
        .iter()
        .rev()
        .map(|table| format!("SELECT truncate_local_data_after_distributing_table('{schema}.{table}')"));
    divide.chain(clear).collect()
}

fn no_citus(service: &str, tables: &[String]) -> Error {
    Error::illegal_state(format!(
        "the database of {service} is up to date, but has no Citus to divide {} by family: install Citus 12 or newer, \
         add citus to shared_preload_libraries, run CREATE EXTENSION citus in it, and run this again",
        tables.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, targets: &str) -> Table {
        Table { name: name.to_owned(), targets: targets.to_owned() }
    }

    fn family() -> Vec<String> {
        in_order(vec![
            table("audit_logs", ""),
            table("grants", "members"),
            table("families", ""),
            table("members", "families"),
        ])
    }

    #[test]
    fn what_a_key_points_to_is_divided_first() {
        assert_eq!(family(), ["audit_logs", "families", "members", "grants"]);
        assert_eq!(in_order(vec![table("a", "b"), table("b", "a x")]), ["a", "b"]);
    }

    #[test]
    fn all_of_a_family_comes_to_lie_on_one_node() {
        let tables = family();
        let all = statements("family", &tables, &tables);
        assert_eq!(all.len(), 8);
        assert_eq!(
            all[..2],
            [
                "SELECT create_distributed_table('family.audit_logs', 'family_id', colocate_with => 'none')",
                "SELECT create_distributed_table('family.families', 'family_id', \
                 colocate_with => 'family.audit_logs')",
            ]
        );
        assert_eq!(all[4], "SELECT truncate_local_data_after_distributing_table('family.grants')");
    }

    #[test]
    fn a_second_time_only_what_came_since_is_divided() {
        let tables = family();
        assert!(statements("family", &tables, &[]).is_empty());
        let since = statements("family", &tables, &["grants".to_owned()]);
        let divide = "SELECT create_distributed_table('family.grants', 'family_id', colocate_with => 'family.audit_logs')";
        assert_eq!(since[0], divide);
        assert_eq!(since.len(), 2);
    }
}
