//! What a transaction of one family can do to the rows of another, with no check of a service in between.

use backends::schema::{self as ddl, Tenant};
use backends::{Action, Database, DbResultExt, Kept, Scope, Subject};
use chassis::Kind;
use chassis::clock::Clock;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use super::{Own, noon};
use crate::database::{Adapter, somebody};

struct Readings;

impl MigrationName for Readings {
    fn name(&self) -> &str {
        "m0001_readings"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Readings {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::shared(manager).await?;
        let readings =
            "CREATE TABLE readings (family_id BIGINT NOT NULL, id BIGINT NOT NULL, systolic BIGINT NOT NULL,
            PRIMARY KEY (family_id, id)) PARTITION BY RANGE (id)";
        let partition = "CREATE TABLE readings_low PARTITION OF readings FOR VALUES FROM (0) TO (1000)";
        ddl::run(manager, &[readings, partition]).await?;
        ddl::tenant_tables(manager, &[Tenant { table: "readings", directory: &["family_id", "id"] }]).await
    }
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Readings)]
    }
}

/// Family 1 has a reading of 120, family 2 one of 140.
async fn two_families(adapter: &Own) -> Database {
    let db = adapter.open(&Clock::fixed(noon())).await;
    db.migrate::<Migrator>().await.unwrap();
    for (family, systolic) in [(1, 120), (2, 140)] {
        let insert = format!("INSERT INTO readings VALUES ({family}, {family}, {systolic})");
        assert_eq!(change(&db, Scope::Family(family), &insert).await.unwrap(), 1);
    }
    db
}

async fn change(db: &Database, scope: Scope, sql: &str) -> Result<u64, DbErr> {
    let tx = db.write(&somebody(), Action::Update, "Reading", scope).await.unwrap();
    let changed = tx.connection().execute_unprepared(sql).await?.rows_affected();
    tx.commit_quietly().await.unwrap();
    Ok(changed)
}

async fn numbers(db: &Database, scope: Scope, sql: &str) -> Result<Vec<i64>, DbErr> {
    let reader = db.read(scope).await.unwrap();
    let rows = reader.connection().query_all_raw(Statement::from_string(db.backend(), sql)).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect())
}

#[tokio::test]
async fn nobody_meets_a_row_of_another_family() {
    let adapter = Own::default();
    let db = two_families(&adapter).await;
    let all = "SELECT systolic FROM readings ORDER BY systolic";
    for (scope, seen) in [
        (Scope::Family(1), vec![120]),
        (Scope::Family(2), vec![140]),
        (Scope::Family(3), vec![]),
        (Scope::Own, vec![]),
    ] {
        assert_eq!(numbers(&db, scope, all).await.unwrap(), seen, "{scope:?}");
        let mine = seen.len() as u64;
        assert_eq!(
            change(&db, scope, "UPDATE readings SET systolic = systolic").await.unwrap(),
            mine,
            "{scope:?}"
        );
    }
    for scope in [Scope::Family(3), Scope::Own, Scope::Directory] {
        for sql in [
            "INSERT INTO readings VALUES (1, 9, 90)",
            "INSERT INTO readings VALUES (2, 2, 90) ON CONFLICT (family_id, id) DO UPDATE SET systolic = 90",
        ] {
            let refused = Err::<(), _>(change(&db, scope, sql).await.unwrap_err()).stored().unwrap_err();
            assert_eq!(refused.kind(), Kind::Internal);
        }
    }
    assert!(change(&db, Scope::Family(1), "UPDATE readings SET family_id = 2").await.is_err());
    assert_eq!(change(&db, Scope::Family(1), "DELETE FROM readings WHERE id = 2").await.unwrap(), 0);
    assert_eq!(adapter.sql("SELECT systolic FROM readings ORDER BY 1").await, "120\n140");
}

#[tokio::test]
async fn the_directory_shows_whose_a_row_is_and_nothing_else() {
    let adapter = Own::default();
    let db = two_families(&adapter).await;
    let ids = "SELECT family_id FROM readings WHERE id IN (1, 2) ORDER BY id";
    assert_eq!(numbers(&db, Scope::Directory, ids).await.unwrap(), [1, 2]);
    for sql in ["SELECT systolic FROM readings", "SELECT id FROM readings WHERE systolic > 0"] {
        let refused = numbers(&db, Scope::Directory, sql).await.unwrap_err().to_string();
        assert!(refused.contains("role praan_test_service_directory may not SELECT"), "{refused}");
        assert!(refused.contains("readings"), "{refused}");
    }
    let refused = change(&db, Scope::Directory, "DELETE FROM readings").await.unwrap_err().to_string();
    assert!(refused.contains("role praan_test_service_directory may not DELETE"), "{refused}");
}

#[tokio::test]
async fn there_is_no_way_around_the_wall() {
    let adapter = Own::default();
    let db = two_families(&adapter).await;
    for scope in [Scope::Family(1), Scope::Directory] {
        let partition = numbers(&db, scope, "SELECT systolic FROM readings_low").await.unwrap_err();
        assert!(partition.to_string().contains("may not SELECT"), "{partition}");
        let drop = change(&db, scope, "DROP POLICY family ON readings").await.unwrap_err();
        assert!(drop.to_string().contains("may not DROP"), "{drop}");
    }
    // neither who logs in for the service, nor who owns the tables, sees anything without saying whose it wants to see
    let (server, database) = (adapter.server().await, adapter.database().await);
    let both = "GRANT app TO owner; GRANT ALL ON ALL TABLES IN SCHEMA test_service TO owner";
    adapter.sql(both).await;
    for role in ["app", "owner"] {
        let options =
            format!("SET ROLE {role}; SET search_path = test_service; SELECT count(family_id) FROM readings");
        assert_eq!(server.sql(database, &options).await, "0", "{role}");
    }
}

#[tokio::test]
async fn one_with_business_in_two_families_goes_from_one_to_the_other() {
    let adapter = Own::default();
    let db = two_families(&adapter).await;
    let tx = db.write(&somebody(), Action::Update, "Reading", Scope::Family(1)).await.unwrap();
    tx.connection().execute_unprepared("UPDATE readings SET systolic = 121").await.unwrap();
    tx.enter(Scope::Family(2)).await.unwrap();
    tx.connection().execute_unprepared("UPDATE readings SET systolic = 141").await.unwrap();
    tx.commit(Subject::of_family(2, 2)).await.unwrap();
    assert_eq!(adapter.sql("SELECT systolic FROM readings ORDER BY 1").await, "121\n141");
}

#[tokio::test]
async fn the_audit_trail_only_grows_and_shows_a_family_its_own() {
    let adapter = Own::default();
    let db = two_families(&adapter).await;
    for (scope, subject) in [
        (Scope::Family(1), Subject::of_family(1, 1)),
        (Scope::Family(2), Subject::of_family(2, 2)),
        (Scope::Family(2), Subject::outside(3)),
        (Scope::Own, Subject::outside(4)),
    ] {
        let tx = db.write(&somebody(), Action::Update, "Reading", scope).await.unwrap();
        tx.commit(subject).await.unwrap();
    }
    let all = "SELECT resource_id FROM audit_logs ORDER BY 1";
    assert_eq!(numbers(&db, Scope::Family(1), all).await.unwrap(), [1]);
    assert_eq!(numbers(&db, Scope::Family(2), all).await.unwrap(), [2]);
    assert_eq!(numbers(&db, Scope::Own, all).await.unwrap(), [3, 4]);
    let tx = db.write(&somebody(), Action::Update, "Reading", Scope::Family(1)).await.unwrap();
    assert!(tx.commit(Subject::of_family(2, 2)).await.is_err());
    for sql in ["UPDATE audit_logs SET action = 'READ'", "DELETE FROM audit_logs"] {
        let refused = change(&db, Scope::Family(1), sql).await.unwrap_err();
        assert!(refused.to_string().contains("role praan_test_service may not"), "{refused}");
    }
    assert_eq!(adapter.sql("SELECT count(*) FROM audit_logs").await, "4");
}

#[tokio::test]
async fn what_is_done_together_meets_the_rows_of_its_families_and_no_others() {
    let adapter = Own::default();
    let db = two_families(&adapter).await;
    let tx = db.open_for([1, 3], Kept::AtOnce).await.unwrap();
    let update = "UPDATE readings SET systolic = systolic";
    assert_eq!(tx.connection().execute_unprepared(update).await.unwrap().rows_affected(), 1);
    let insert = |family: i64| format!("INSERT INTO readings VALUES ({family}, 10, 130)");
    assert_eq!(tx.connection().execute_unprepared(&insert(3)).await.unwrap().rows_affected(), 1);
    assert!(tx.connection().execute_unprepared(&insert(2)).await.is_err());
}
