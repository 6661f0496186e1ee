//! What the server's death and silence do.

use std::time::Duration;

use backends::{Action, Scope};
use chassis::clock::Clock;
use chassis::{Foundation, Kind};
use sea_orm::ConnectionTrait;

use super::Own;
use crate::database::{Adapter, count_up, counted, ready, somebody};

/// All connections of the pool are dead when the server is back. Nobody is told of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restart_between_two_transactions_goes_unnoticed() {
    let adapter = Own::default();
    let db = ready(&adapter).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap());
    }
    for tx in open {
        tx.commit_quietly().await.unwrap();
    }
    let server = adapter.server().await;
    for round in 1..=3 {
        if round == 2 {
            server.stop().await
        } else {
            server.kill9().await
        }
        server.restart().await;
        let tx = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
        count_up(&tx).await.unwrap();
        tx.commit_quietly().await.unwrap();
        assert_eq!(counted(&db).await, round);
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let adapter = Own::default();
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
    count_up(&tx).await.unwrap();
    adapter.server().await.kill9().await;
    assert_eq!(tx.commit_quietly().await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(db.read(Scope::Own).await.err().unwrap().kind(), Kind::Unavailable);
    adapter.server().await.restart().await;
    assert_eq!(counted(&db).await, 0);
}

/// Frozen, the server keeps its connections open and says nothing.
#[tokio::test]
async fn a_silent_server_is_unavailable_and_welcome_back() {
    let adapter = Own::default();
    let db = ready(&adapter).await;
    let server = adapter.server().await;
    server.sigstop();
    let silent = db.read(Scope::Own).await.err();
    server.sigcont();
    assert_eq!(silent.unwrap().kind(), Kind::Unavailable);
    assert_eq!(counted(&db).await, 0);
}

/// A request whose deadline comes within a statement is dropped there.
#[tokio::test]
async fn a_connection_given_up_within_a_statement_is_not_used_again() {
    let adapter = Own::default();
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
    count_up(&tx).await.unwrap();
    let slow = tx.connection().execute_unprepared("SELECT pg_sleep(3)");
    assert!(tokio::time::timeout(Duration::from_millis(50), slow).await.is_err());
    assert_eq!(tx.commit_quietly().await.unwrap_err().kind(), Kind::Internal);
    assert_eq!(counted(&db).await, 0);
}

#[tokio::test]
async fn what_failed_within_cannot_be_committed() {
    let adapter = Own::default();
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
    count_up(&tx).await.unwrap();
    assert!(tx.connection().execute_unprepared("SELECT 1 / 0").await.is_err());
    assert_eq!(tx.commit_quietly().await.unwrap_err().kind(), Kind::Internal);
    assert_eq!(counted(&db).await, 0);
}

#[tokio::test]
async fn waiting_for_a_lock_and_running_long_have_an_end() {
    let adapter = Own::default();
    let db = ready(&adapter).await;
    let holder = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
    count_up(&holder).await.unwrap();
    let waiter = db.write(&somebody(), Action::Update, "Counter", Scope::Own).await.unwrap();
    assert_eq!(count_up(&waiter).await.unwrap_err().kind(), Kind::Unavailable);
    drop(waiter);
    holder.commit_quietly().await.unwrap();
    assert_eq!(counted(&db).await, 1);
}

#[tokio::test]
async fn a_wrong_address_is_told_without_the_password() {
    let adapter = Own::default();
    let port = adapter.server().await.port();
    for url in [
        "postgres://praan:open%20sesame@127.0.0.1:1/praan".to_owned(),
        format!("postgres://nobody:open%20sesame@127.0.0.1:{port}/postgres"),
        "postgres:/praan:open%20sesame".to_owned(),
    ] {
        let settings = backends::db::Postgres::new(url, "test-service");
        let error = backends::Database::connect(settings, &Foundation::system()).await.err().unwrap();
        let told = format!("{error} {error:?} {}", cause(&error));
        assert!(!told.contains("sesame"), "{told}");
    }
}

/// The cause that the log gets to see.
pub fn cause(error: &chassis::Error) -> String {
    let log = tempfile::NamedTempFile::new().unwrap();
    let file = log.reopen().unwrap();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(std::sync::Mutex::new(file)).finish();
    tracing::subscriber::with_default(subscriber, || error.log("as a test"));
    std::fs::read_to_string(log.path()).unwrap()
}

#[tokio::test]
async fn who_may_not_migrate_is_told_so() {
    let adapter = Own::default();
    let settings = backends::db::Postgres { direct_url: None, ..adapter.settings().await };
    let db = backends::Database::connect(settings, &Foundation::system()).await.unwrap();
    let cause = cause(&db.migrate::<crate::database::Migrator>().await.unwrap_err());
    assert!(cause.contains("role app may not change the tables"), "{cause}");
    // once the owner has done it, anybody may start
    let owner = adapter.open(&Clock::system()).await;
    owner.migrate::<crate::database::Migrator>().await.unwrap();
    db.migrate::<crate::database::Migrator>().await.unwrap();
    assert_eq!(counted(&db).await, 0);
}
