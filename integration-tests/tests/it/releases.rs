//! The next release has been at the tables: it rolls out beside this one, or was rolled back. This one works on what it finds.

use std::path::Path;

use integration_tests::Api;
use integration_tests::fleet::{Fleet, WORKER};
use integration_tests::process::{Environment, Process, operate};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

/// The step that the next release takes in each database.
const STEP: &str = "m9999_next_release";
/// Every table that is a service's, but for the list of steps and what is a part of another table.
const TABLES: &str = "SELECT quote_ident(nspname) AS schema, quote_ident(relname) AS name FROM pg_class
    JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'seaql_migrations'
    AND EXISTS (SELECT FROM pg_tables WHERE tablename = 'seaql_migrations' AND schemaname = nspname)";

/// A column that may be NULL and one with a default in every table, an index, and a table, in every service's schema.
fn expand() -> String {
    format!(
        "DO $$ DECLARE t RECORD; BEGIN
            FOR t IN {TABLES} LOOP
                EXECUTE format('ALTER TABLE %s.%s ADD COLUMN next_note TEXT', t.schema, t.name);
                EXECUTE format('ALTER TABLE %s.%s ADD COLUMN next_since TIMESTAMPTZ NOT NULL DEFAULT now()', t.schema, t.name);
            END LOOP;
            FOR t IN SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'seaql_migrations' LOOP
                EXECUTE format('CREATE TABLE %I.next_things (id BIGINT PRIMARY KEY)', t.schema);
                EXECUTE format('CREATE INDEX next_index ON %I.outbox (next_note)', t.schema);
                EXECUTE format('INSERT INTO %I.seaql_migrations VALUES (''{STEP}'', 0)', t.schema);
            END LOOP;
        END $$"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_works_on_tables_that_the_next_release_has_expanded() {
    let mut fleet = Fleet::start().await;
    let asha = Api::sign_up(&fleet.url()).await;
    let program = asha.start_program(asha.add_member().await).await;
    // the next release rolls out: its steps are taken while every process of this one is at work
    fleet.sql(&expand()).await;
    praan::demo::run(&fleet.url()).await.expect("all steps green beside the next release");
    // and is rolled back: every process of this one starts on what it left
    for name in ["identity", "family", "program", "adherence", "ai-inference", "logging", WORKER, "gateway"] {
        assert!(fleet.part(name).replace().await, "{name} ended well");
    }
    praan::demo::run(&fleet.url()).await.expect("all steps green after the next release");
    asha.get(&format!("/api/v1/programs/{program}/dashboard")).await.expect(200);

    let migrated = fleet.operate("migrate").await;
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let doctor = fleet.operate("doctor").await;
    let seen = String::from_utf8_lossy(&doctor.stdout);
    let ahead = format!("its tables are ahead of this program by {STEP}");
    assert_eq!(
        seen.lines().filter(|line| line.starts_with("warning") && line.contains(&ahead)).count(),
        6,
        "{seen}"
    );
    assert!(!seen.lines().any(|line| line.starts_with("problem") && line.contains("tables")), "{seen}");

    // a release of another line is what no roll-out leads to
    fleet.sql("DELETE FROM identity.seaql_migrations WHERE version = 'm0004_locks'").await;
    let refused = fleet.operate("migrate identity").await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("m0004_locks") && said.contains(STEP), "{said}");
    // and one that is only behind is brought up to date
    fleet.sql(&format!("DELETE FROM identity.seaql_migrations WHERE version = '{STEP}'; ALTER TABLE identity.users DROP COLUMN locked_at")).await;
    assert!(fleet.part("identity").replace().await, "identity ended well");
    assert_eq!(fleet.sql("SELECT count(*) FROM identity.users WHERE locked_at IS NULL").await, "3");
    assert!(fleet.stop().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_works_on_tables_that_the_next_release_has_expanded() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = Process::up(folder.path()).await;
    let mut asha = Api::sign_up(&house.url).await;
    let program = asha.start_program(asha.add_member().await).await;
    assert!(house.terminate().await);
    for service in ["identity", "family", "program", "adherence", "ai-inference", "logging"] {
        expand_file(&folder.path().join(format!("{service}.db"))).await;
    }
    let migrated = operate(folder.path(), "migrate", &Environment::default()).await;
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let house = Process::up(folder.path()).await;
    praan::demo::run(&house.url).await.expect("all steps green");
    asha.url.clone_from(&house.url);
    asha.get(&format!("/api/v1/programs/{program}/dashboard")).await.expect(200);
    assert!(house.terminate().await);

    let identity = open(&folder.path().join("identity.db")).await;
    run(&identity, "DELETE FROM seaql_migrations WHERE version = 'm0004_locks'").await;
    identity.close().await.expect("it closes");
    let refused = operate(folder.path(), "up", &Environment::default()).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("m0004_locks") && said.contains(STEP), "{said}");
}

/// The same as [`expand`], of a file.
async fn expand_file(file: &Path) {
    let db = open(file).await;
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'seaql_migrations'";
    let rows = db.query_all_raw(sea_orm::Statement::from_string(db.get_database_backend(), tables)).await;
    for row in rows.expect("its tables") {
        let name: String = row.try_get("", "name").expect("a name");
        run(&db, &format!("ALTER TABLE {name} ADD COLUMN next_note TEXT")).await;
        run(&db, &format!("ALTER TABLE {name} ADD COLUMN next_count INTEGER NOT NULL DEFAULT 0")).await;
    }
    run(&db, "CREATE TABLE next_things (id BIGINT PRIMARY KEY)").await;
    run(&db, "CREATE INDEX next_index ON outbox (next_note)").await;
    run(&db, &format!("INSERT INTO seaql_migrations VALUES ('{STEP}', 0)")).await;
    db.close().await.expect("it closes");
}

async fn open(file: &Path) -> DatabaseConnection {
    Database::connect(format!("sqlite://{}", file.display())).await.expect("a database")
}

async fn run(db: &DatabaseConnection, statement: &str) {
    db.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
