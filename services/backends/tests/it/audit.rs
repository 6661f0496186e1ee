//! The audit trail: chained, signed, and no change goes unnoticed.

mod tampering;

use std::path::Path;
use std::sync::Arc;

use backends::audit::{Key, Notary, Recorder, Report, Sealer, verify};
use backends::objects::embedded;
use backends::{Action, Database, Objects, Scope, Subject};
use chassis::audit::{Entry, Outcome, Sink};
use chassis::clock::Clock;
use chassis::{Actor, Foundation};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::database::{Migrator, noon, number, somebody};
use crate::wait;

/// An object store of a test's own.
async fn objects(folder: &Path) -> Objects {
    let settings = embedded::Settings {
        address: ([127, 0, 0, 1], 0).into(),
        public_endpoint: None,
        directory: folder.join("objects"),
        bucket: "audit".to_owned(),
    };
    embedded::start(&Foundation::system(), settings).await.unwrap().objects
}

fn notary(objects: Option<&Objects>) -> Notary {
    Notary {
        service: "family",
        key: Key::new(&[7; 32]).unwrap(),
        older: Vec::new(),
        objects: objects.cloned(),
    }
}

async fn database(path: &Path) -> Database {
    let db = Database::open_embedded(path, &Clock::fixed(noon())).await.unwrap();
    db.migrate::<Migrator>().await.unwrap();
    db
}

/// A write in a family, as a service does it.
async fn act(db: &Database, family_id: i64) {
    let scope = if family_id == 0 { Scope::Own } else { Scope::Family(family_id) };
    let tx = db.write(&somebody(), Action::Update, "Member", scope).await.unwrap();
    tx.commit(Subject::of_family(family_id, family_id * 10)).await.unwrap();
}

async fn checked(db: &Database, objects: Option<&Objects>) -> Report {
    verify(db, &notary(objects), |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_is_chained_signed_and_found_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (db, objects) = (database(&folder.path().join("a.db")).await, objects(folder.path()).await);
    assert_eq!(checked(&db, Some(&objects)).await, Report::default());
    let sealer = Sealer::new(db.clone(), notary(Some(&objects)));
    for round in 1..=3 {
        for family in [0, 1, 2, 1] {
            act(&db, family).await;
        }
        sealer.run_once().await.unwrap();
        // nothing new: nothing to say
        sealer.run_once().await.unwrap();
        let report = checked(&db, Some(&objects)).await;
        assert_eq!(report, Report { rows: 4 * round, checkpoints: round, faults: Vec::new() });
    }
    assert_eq!(number(&db, "SELECT max(sequence) AS n FROM audit_chain WHERE family_id = 1").await, 6);
    assert_eq!(number(&db, "SELECT count(*) AS n FROM audit_pending").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_to_change_the_trail() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder.path().join("a.db")).await;
    act(&db, 1).await;
    Sealer::new(db.clone(), notary(None)).run_once().await.unwrap();
    for table in ["audit_logs", "audit_chain", "audit_seals", "audit_checkpoints"] {
        let column =
            if table == "audit_checkpoints" || table == "audit_seals" { "number" } else { "family_id" };
        for change in [format!("UPDATE {table} SET {column} = 5"), format!("DELETE FROM {table}")] {
            let told = db.as_owner(async |owner| Ok(owner.execute_unprepared(&change).await.map(drop))).await;
            let told = told.unwrap().expect_err(&change).to_string();
            assert!(told.contains("the audit trail cannot be changed"), "{change}: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_down_is_there_within_a_moment_and_when_the_process_stops() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder.path().join("a.db")).await;
    let foundation = Foundation::system();
    let recorder = Recorder::start(&foundation, &db);
    let entry = |family_id, n| Entry {
        actor: Actor { user_id: n, request_id: Uuid::new_v4(), address: None },
        action: "READ",
        subject: chassis::audit::Subject {
            family_id,
            member_id: Some(3),
            resource_type: "Program",
            resource_id: n,
        },
        outcome: Outcome::Success,
    };
    for n in 0..1000 {
        recorder.record(entry(n % 7, n)).await.unwrap();
    }
    wait::until("all lines", async || number(&db, "SELECT count(*) AS n FROM audit_logs").await == 1000)
        .await;
    let late = Arc::clone(&recorder);
    let reading = tokio::spawn(async move {
        for n in 0..200 {
            late.record(entry(1, n)).await.unwrap();
        }
    });
    assert!(foundation.tasks.stop(std::time::Duration::from_secs(20)).await);
    reading.await.unwrap();
    recorder.record(entry(1, 1)).await.unwrap();
    wait::until("the last lines", async || number(&db, "SELECT count(*) AS n FROM audit_logs").await == 1201)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_processes_that_sign_at_once_none_takes_the_other_for_a_roll_back() {
    let folder = tempfile::tempdir().unwrap();
    let (db, objects) = (database(&folder.path().join("a.db")).await, objects(folder.path()).await);
    for round in 1..=20 {
        act(&db, 1).await;
        let sealers = (0..4).map(|_| Sealer::new(db.clone(), notary(Some(&objects))));
        let ended =
            futures_util::future::join_all(sealers.map(|sealer| async move { sealer.run_once().await }))
                .await;
        ended.into_iter().for_each(|ended| ended.unwrap());
        assert_eq!(
            checked(&db, Some(&objects)).await,
            Report { rows: round, checkpoints: round, faults: Vec::new() }
        );
    }
}
