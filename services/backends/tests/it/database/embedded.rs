use std::os::unix::fs::PermissionsExt;

use backends::{Database, Scope};
use chassis::Kind;
use chassis::clock::Clock;
use sea_orm::{ConnectionTrait, Statement};

use super::{Adapter, ready};

/// A SQLite file in a directory of its own.
pub struct Embedded(tempfile::TempDir);

impl Default for Embedded {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Adapter for Embedded {
    async fn open(&self, clock: &Clock) -> Database {
        Database::open_embedded(self.0.path().join("test.db"), clock).await.unwrap()
    }
}

super::database_suite!(stamp: Embedded);

#[tokio::test]
async fn a_reading_connection_cannot_write() {
    let adapter = Embedded::default();
    let db = ready(&adapter).await;
    let reader = db.read(Scope::Own).await.unwrap();
    let written =
        reader.connection().execute_unprepared("INSERT INTO counters (id, value) VALUES (1, 1)").await;
    assert!(written.unwrap_err().to_string().contains("readonly"));
}

#[tokio::test]
async fn only_the_owner_can_read_the_file_and_its_log() {
    let adapter = Embedded::default();
    let _db = ready(&adapter).await;
    for entry in std::fs::read_dir(adapter.0.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_commit_is_on_disk_before_it_is_acknowledged() {
    let db = ready(&Embedded::default()).await;
    let tx = db.write(&super::somebody(), backends::Action::Create, "Counter", Scope::Own).await.unwrap();
    let row = tx.connection().query_one_raw(Statement::from_string(db.backend(), "PRAGMA synchronous")).await;
    // 2 is FULL: the write-ahead log is synced at every commit
    assert_eq!(row.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap(), 2);
}

#[tokio::test]
async fn a_test_database_takes_its_files_along() {
    let db = Database::in_memory(&Clock::system()).await.unwrap();
    assert_eq!(db.next_id("nothing").await.unwrap_err().kind(), Kind::Internal, "there are no tables yet");
    db.migrate::<super::Migrator>().await.unwrap();
    let list = Statement::from_string(db.backend(), "PRAGMA database_list");
    let list = db.read(Scope::Own).await.unwrap().connection().query_one_raw(list).await.unwrap().unwrap();
    let file: std::path::PathBuf = list.try_get::<String>("", "file").unwrap().into();
    assert!(file.exists());
    drop(db);
    assert!(!file.parent().unwrap().exists());
}
