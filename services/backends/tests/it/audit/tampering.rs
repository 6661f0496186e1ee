//! Somebody who may do everything with the database changes the trail, with the triggers out of the way. Every time it shows.

use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sea_orm::sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

use super::*;
use crate::database::postgres::Own;
use crate::database::ready;

const TAMPERINGS: usize = 1_000;
const TABLES: [&str; 4] = ["audit_logs", "audit_chain", "audit_seals", "audit_checkpoints"];

/// Fields, and other values for them.
const FIELDS: [(&str, &str, &str); 19] = [
    ("audit_logs", "actor_id", "actor_id + 1"),
    ("audit_logs", "resource_type", "'Grant'"),
    ("audit_logs", "resource_id", "resource_id + 1"),
    ("audit_logs", "member_id", "COALESCE(member_id, 0) + 1"),
    ("audit_logs", "action", "action || 'D'"),
    ("audit_logs", "outcome", "'DENIED'"),
    ("audit_logs", "ip_address", "'203.0.113.66'"),
    ("audit_logs", "request_id", "'00000000-0000-4000-8000-000000000000'"),
    ("audit_logs", "timestamp", "'2026-02-28 12:00:00.000007+00:00'"),
    ("audit_logs", "family_id", "family_id + 100"),
    ("audit_chain", "hash", "zeroblob(32)"),
    ("audit_chain", "seal", "seal + 1"),
    ("audit_chain", "audit_id", "audit_id + 1000"),
    ("audit_seals", "digest", "zeroblob(32)"),
    ("audit_seals", "total", "total - 1"),
    ("audit_checkpoints", "digest", "zeroblob(32)"),
    ("audit_checkpoints", "total", "total + 1"),
    ("audit_checkpoints", "signed_at", "'2026-02-28 12:00:00.000007+00:00'"),
    ("audit_checkpoints", "signature", "zeroblob(64)"),
];

/// The statements of one tampering.
fn tampering(random: &mut StdRng, n: usize) -> Vec<String> {
    let some = |random: &mut StdRng, table: &str| {
        let offset = random.random_range(0..3);
        format!("rowid = (SELECT rowid FROM {table} ORDER BY rowid LIMIT 1 OFFSET {offset})")
    };
    match n % 6 {
        0 | 1 => {
            let (table, field, value) = FIELDS.choose(random).unwrap();
            vec![format!("UPDATE {table} SET {field} = {value} WHERE {}", some(random, table))]
        }
        2 => {
            let table = TABLES.choose(random).unwrap();
            vec![format!("DELETE FROM {table} WHERE {}", some(random, table))]
        }
        3 => {
            // the whole end of the trail, neatly, down to some seal
            let seal = random.random_range(0..3);
            vec![
                format!("DELETE FROM audit_checkpoints WHERE seal > {seal}"),
                format!(
                    "DELETE FROM audit_logs WHERE (family_id, id) IN (SELECT family_id, audit_id FROM audit_chain WHERE seal > {seal})"
                ),
                format!("DELETE FROM audit_chain WHERE seal > {seal}"),
                format!("DELETE FROM audit_seals WHERE number > {seal}"),
            ]
        }
        4 => {
            // two rows change places in the chain of a family
            let family = random.random_range(1..3);
            let swap = |from: &str, to: &str| {
                format!(
                    "UPDATE audit_chain SET audit_id = {to} WHERE family_id = {family} AND audit_id = {from}"
                )
            };
            let at = |n: i32| {
                format!("(SELECT audit_id FROM audit_chain WHERE family_id = {family} AND sequence = {n})")
            };
            let (one, other) = (random.random_range(1..3), random.random_range(3..6));
            vec![
                format!("CREATE TEMP TABLE held AS SELECT {} AS one, {} AS other", at(one), at(other)),
                swap("(SELECT one FROM held)", "-1"),
                swap("(SELECT other FROM held)", "(SELECT one FROM held)"),
                swap("-1", "(SELECT other FROM held)"),
            ]
        }
        _ => {
            let family = random.random_range(0..3);
            let row = format!(
                "INSERT INTO audit_logs (family_id, id, actor_id, resource_type, resource_id, action, outcome, request_id, timestamp)
                    SELECT {family}, {}, actor_id, resource_type, resource_id, action, outcome, request_id, timestamp
                    FROM audit_logs LIMIT 1",
                100_000 + n
            );
            let link = format!(
                "INSERT INTO audit_chain SELECT {family}, max(sequence) + 1, {}, 1, zeroblob(32) FROM audit_chain WHERE family_id = {family}",
                100_000 + n
            );
            if random.random_bool(0.5) { vec![row, link] } else { vec![row] }
        }
    }
}

async fn meddle(path: &Path, statements: &[String]) {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    // what a crash would lose is a test's
    for statement in ["PRAGMA synchronous = OFF", "BEGIN"] {
        connection.execute(statement).await.unwrap();
    }
    for statement in statements {
        connection.execute(sea_orm::sqlx::AssertSqlSafe(statement.clone())).await.unwrap();
    }
    connection.execute("COMMIT").await.unwrap();
    connection.close().await.unwrap();
}

/// A trail of three rounds, each sealed and signed, and a copy of it as it was after the second.
async fn trail(folder: &Path, objects: &Objects) -> (PathBuf, PathBuf) {
    let (whole, earlier) = (folder.join("whole.db"), folder.join("earlier.db"));
    let db = database(&whole).await;
    for round in 0..3 {
        write_and_seal(&db, objects).await;
        if round == 1 {
            copy(&earlier).await;
        }
    }
    assert_eq!(checked(&db, Some(objects)).await.faults, [""; 0]);
    let copied = folder.join("copied.db");
    copy(&copied).await;
    db.close().await.unwrap();
    (copied, earlier)
}

async fn write_and_seal(db: &Database, objects: &Objects) {
    for family in [0, 1, 2, 1, 2, 1] {
        act(db, family).await;
    }
    Sealer::new(db.clone(), notary(Some(objects))).run_once().await.unwrap();
}

/// Copies the whole database that lies beside.
async fn copy(to: &Path) {
    let options = SqliteConnectOptions::new().filename(to.with_file_name("whole.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let vacuum = format!("VACUUM INTO '{}'", to.display());
    connection.execute(sea_orm::sqlx::AssertSqlSafe(vacuum)).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tamperings_are_all_found() {
    let folder = tempfile::tempdir().unwrap();
    let objects = objects(folder.path()).await;
    let (whole, _) = trail(folder.path(), &objects).await;
    let guards =
        TABLES.iter().flat_map(|table| ["UPDATE", "DELETE"].map(|c| format!("DROP TRIGGER {table}_no_{c}")));
    meddle(&whole, &guards.chain(["DROP TRIGGER audit_logs_pending".to_owned()]).collect::<Vec<_>>()).await;
    let mut random = StdRng::seed_from_u64(20_261_124);
    for n in 0..TAMPERINGS {
        let path = folder.path().join(format!("{n}.db"));
        std::fs::copy(&whole, &path).unwrap();
        let statements = tampering(&mut random, n);
        meddle(&path, &statements).await;
        let db = Database::open_embedded(&path, &Clock::fixed(noon())).await.unwrap();
        let report = checked(&db, Some(&objects)).await;
        assert!(!report.faults.is_empty(), "unnoticed: {statements:?}");
        db.close().await.unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tamperings_are_all_found_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let (own, objects) = (Own::default(), objects(folder.path()).await);
    let db = ready(&own).await;
    for _ in 0..3 {
        write_and_seal(&db, &objects).await;
    }
    assert_eq!(checked(&db, Some(&objects)).await.faults, [""; 0]);
    db.close().await.unwrap();
    let (server, whole) = (own.server().await, own.database().await);
    for table in TABLES {
        let column = if table.ends_with('s') && table != "audit_logs" { "number" } else { "family_id" };
        for change in [
            format!("UPDATE test_service.{table} SET {column} = 5"),
            format!("DELETE FROM test_service.{table}"),
            format!("TRUNCATE test_service.{table}"),
        ] {
            let refused = server.try_sql(whole, &change).await.expect_err(&change);
            assert!(refused.contains("the audit trail cannot be changed"), "{change}: {refused}");
        }
        own.sql(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await;
    }
    let saved = TABLES.map(|table| format!("CREATE TABLE saved_{table} AS SELECT * FROM {table}"));
    own.sql(&saved.join("; ")).await;
    let restored = TABLES.map(|table| format!("INSERT INTO {table} SELECT * FROM saved_{table}"));
    let restore = format!("TRUNCATE {} CASCADE; {}", TABLES.join(", "), restored.join("; "));
    let db = ready(&own).await;
    let mut random = StdRng::seed_from_u64(20_261_125);
    for n in 0..TAMPERINGS {
        let statements: Vec<String> = tampering(&mut random, n).iter().map(|s| for_postgres(s)).collect();
        own.sql(&format!("{restore}; {}", statements.join("; "))).await;
        assert!(!checked(&db, Some(&objects)).await.faults.is_empty(), "unnoticed: {statements:?}");
    }
    own.sql(&restore).await;
    assert_eq!(checked(&db, Some(&objects)).await.faults, [""; 0], "what is restored is whole again");
    db.close().await.unwrap();
}

/// The same statement in the words of PostgreSQL.
fn for_postgres(statement: &str) -> String {
    let zeroes = |length| format!("decode(repeat('00', {length}), 'hex')");
    let statement = statement.replace("zeroblob(32)", &zeroes(32)).replace("zeroblob(64)", &zeroes(64));
    statement.replace("rowid", "ctid")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_rolled_back_is_found_and_signs_nothing_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let objects = objects(folder.path()).await;
    let (_, earlier) = trail(folder.path(), &objects).await;
    let db = Database::open_embedded(&earlier, &Clock::fixed(noon())).await.unwrap();
    let report = checked(&db, Some(&objects)).await;
    assert!(report.faults.iter().any(|fault| fault.contains("rolled back")), "{:?}", report.faults);
    act(&db, 1).await;
    let refused = Sealer::new(db.clone(), notary(Some(&objects))).run_once().await;
    assert!(refused.unwrap_err().to_string().contains("later audit checkpoint"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_made_anew_under_another_key_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let objects = objects(folder.path()).await;
    let (_, _) = trail(folder.path(), &objects).await;
    let forged = database(&folder.path().join("forged.db")).await;
    for family in [0, 1, 2] {
        act(&forged, family).await;
    }
    let stranger = Notary { key: Key::new(&[8; 32]).unwrap(), ..notary(None) };
    Sealer::new(forged.clone(), stranger).run_once().await.unwrap();
    let faults = checked(&forged, Some(&objects)).await.faults;
    assert!(faults.iter().any(|fault| fault.contains("signed by key")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("no such copy")), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replaced_key_has_signed_is_still_vouched_for() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder.path().join("family.db")).await;
    let replaced = |older: Vec<[u8; 32]>| Notary {
        key: Key::new(&[8; 32]).unwrap(),
        older: older.iter().map(|seed| Key::new(seed).unwrap()).collect(),
        ..notary(None)
    };
    act(&db, 1).await;
    Sealer::new(db.clone(), notary(None)).run_once().await.unwrap();
    act(&db, 1).await;
    Sealer::new(db.clone(), replaced(vec![[7; 32]])).run_once().await.unwrap();
    let report = verify(&db, &replaced(vec![[7; 32]]), |_| {}).await.unwrap();
    assert_eq!((report.faults, report.checkpoints), (Vec::new(), 2));
    assert!(
        !verify(&db, &replaced(Vec::new()), |_| {}).await.unwrap().faults.is_empty(),
        "nobody knows the first any more"
    );
}
