//! What a transaction of one family can do to the rows of another when no check of a service stands in between: statements go straight
//! to its connection.

use backends::{Action, Database, Scope};
use chassis::Actor;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use uuid::Uuid;

use super::{Tables, schema, services};

const MINE: i64 = 1;
const THEIRS: i64 = 2;

/// A table and its columns with their types.
struct Table {
    name: String,
    columns: Vec<(String, String)>,
}

impl Table {
    /// Inserts a row of a family; rows of different numbers have different keys.
    fn insert(&self, family: i64, number: i64) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let values: Vec<_> = self.columns.iter().map(|(name, of)| value(name, of, family, number)).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.name, names.join(", "), values.join(", "))
    }
}

fn value(name: &str, of: &str, family: i64, number: i64) -> String {
    match of {
        "bigint" if name == "family_id" => family.to_string(),
        "bigint" | "integer" | "smallint" => number.to_string(),
        "text" => format!("'text {number}'"),
        "jsonb" => "'{}'".to_owned(),
        "boolean" => "true".to_owned(),
        "bytea" => "'\\x00'".to_owned(),
        "date" => "current_date".to_owned(),
        "timestamp with time zone" => "date_trunc('day', now())".to_owned(),
        other => panic!("say here what a value of {other} looks like"),
    }
}

/// The tables of a schema that have rows of families.
async fn tables_of(all: &Tables, schema: &str) -> Vec<Table> {
    let sql = format!(
        "SELECT relname, string_agg(attname || ':' || format_type(atttypid, NULL), '|' ORDER BY attnum)
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        GROUP BY relname HAVING bool_or(attname = 'family_id') ORDER BY relname"
    );
    let table = |row: &String| {
        let (name, columns) = row.split_once('|').unwrap();
        let column = |text: &str| {
            let (name, of) = text.split_once(':').unwrap();
            (name.to_owned(), of.to_owned())
        };
        Table { name: name.to_owned(), columns: columns.split('|').map(column).collect() }
    };
    all.rows(&sql).await.iter().map(table).collect()
}

/// What a statement does in a transaction of my family, which is rolled back.
async fn change(db: &Database, sql: &str) -> Result<u64, DbErr> {
    let actor = Actor::system(Uuid::new_v4());
    let tx = db.write(&actor, Action::Update, "Row", Scope::Family(MINE)).await.unwrap();
    Ok(tx.connection().execute_unprepared(sql).await?.rows_affected())
}

async fn count(db: &Database, sql: &str) -> i64 {
    let reader = db.read(Scope::Family(MINE)).await.unwrap();
    let row = reader.connection().query_one_raw(Statement::from_string(db.backend(), sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_of_another_family_is_seen_or_touched_in_any_table() {
    let all = Tables::make().await;
    let mut tried = Vec::new();
    for service in services() {
        let (schema, db) = (schema(service), all.of(service).await);
        let tables = tables_of(&all, &schema).await;
        let rows = tables.iter().flat_map(|table| [table.insert(MINE, MINE), table.insert(THEIRS, THEIRS)]);
        let rows: Vec<_> = rows.collect();
        // their keys point to rows that come only later
        let seed = format!(
            "SET session_replication_role = replica; SET search_path = {schema}; {}",
            rows.join("; ")
        );
        all.server.sql(&all.database, &seed).await;
        for table in tables {
            try_all(&db, &table).await;
            tried.push(format!("{schema}.{}", table.name));
        }
    }
    println!("tried on {}", tried.join(", "));
    for known in
        ["family.members", "logging.daily_logs", "adherence.adherence_metrics", "identity.audit_logs"]
    {
        assert!(tried.iter().any(|table| table == known), "{known} was found");
    }
}

/// How the audit trail is bound together is the auditor's alone.
const HIDDEN: [&str; 2] = ["audit_chain", "audit_pending"];

async fn try_all(db: &Database, table: &Table) {
    let name = &table.name;
    if HIDDEN.contains(&name.as_str()) {
        for sql in [
            format!("SELECT * FROM {name}"),
            format!("UPDATE {name} SET family_id = family_id"),
            format!("DELETE FROM {name}"),
        ] {
            let refused = change(db, &sql).await.expect_err(&sql).to_string();
            assert!(refused.contains("may not"), "{sql}: {refused}");
        }
        let theirs = table.insert(THEIRS, 9);
        let refused = change(db, &theirs).await.expect_err(&theirs);
        assert!(is_wall(&refused) || refused.to_string().contains("may not"), "{theirs}: {refused}");
        return;
    }
    let seen = async |family: &str| {
        count(db, &format!("SELECT count(*) FROM {name} WHERE family_id {family}")).await
    };
    assert_eq!(seen(&format!("= {MINE}")).await, 1, "{name}");
    assert_eq!(seen(&format!("<> {MINE}")).await, 0, "{name}");

    // nobody may change what the audit trail says, of whichever family
    let is_fixed = name == "audit_logs";
    for sql in [format!("UPDATE {name} SET family_id = family_id"), format!("DELETE FROM {name}")] {
        for (family, touched) in [(MINE, 1), (THEIRS, 0)] {
            let sql = format!("{sql} WHERE family_id = {family}");
            match change(db, &sql).await {
                Ok(rows) => assert_eq!((rows, is_fixed), (touched, false), "{sql}"),
                Err(refused) => {
                    assert!(is_fixed && refused.to_string().contains("may not"), "{sql}: {refused}")
                }
            }
        }
    }
    if !is_fixed {
        let give_away = format!("UPDATE {name} SET family_id = {THEIRS} WHERE family_id = {MINE}");
        assert!(is_wall(&change(db, &give_away).await.unwrap_err()), "{give_away}");
    }

    // the same statement works for a row of one's own, which is there already
    let mine = format!("{} ON CONFLICT DO NOTHING", table.insert(MINE, MINE));
    assert_eq!(change(db, &mine).await.unwrap(), 0, "{mine}");
    for number in [THEIRS, 9] {
        let theirs = table.insert(THEIRS, number);
        assert!(is_wall(&change(db, &theirs).await.unwrap_err()), "{theirs}");
    }
}

fn is_wall(refused: &DbErr) -> bool {
    refused.to_string().contains("row-level security")
}
