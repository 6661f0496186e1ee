//! Several processes on one database: here, several that do not know of each other.

use std::collections::HashSet;
use std::time::Duration;

use backends::queue::Message;
use backends::{Action, Database, Once, Scope, Subject};
use chassis::idempotency::Key;
use chassis::{Error, Kind};
use futures_util::future::join_all;
use uuid::Uuid;

use super::Own;
use crate::database::{count_up, counted, ready, somebody};

async fn ask(db: &Database, key: &Key) -> Result<Once<String>, Error> {
    db.write_once::<String>(key, &somebody(), Action::Create, "Thing", Scope::Own).await
}

fn key() -> Key {
    Key { user_id: 7, request_id: Uuid::new_v4(), fingerprint: [1; 32] }
}

/// The other process is told at once, and does not wait until the first one is done.
#[tokio::test]
async fn a_request_in_flight_in_another_process_is_told_so() {
    let adapter = Own::default();
    let (one, other) = (ready(&adapter).await, ready(&adapter).await);
    let request = key();
    let Once::New(tx) = ask(&one, &request).await.unwrap() else { panic!("it is new") };
    count_up(&tx).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(1), ask(&other, &request)).await;
    assert_eq!(told.expect("an answer").err().unwrap().kind(), Kind::InFlight);
    tx.commit_with(Subject::outside(5), &"five".to_owned()).await.unwrap();
    let Once::Done { answer, .. } = ask(&other, &request).await.unwrap() else { panic!("it is done") };
    assert_eq!(answer, "five");
    let reused = Key { fingerprint: [2; 32], ..request };
    assert_eq!(ask(&other, &reused).await.err().unwrap().kind(), Kind::KeyReused);
}

/// 16 processes, one key: one effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_of_repeats_on_many_processes_has_one_effect() {
    let adapter = Own::default();
    let request = key();
    let processes = join_all((0..16).map(|_| ready(&adapter))).await;
    let repeats = processes.iter().cloned().map(|db| {
        tokio::spawn(async move {
            match ask(&db, &request).await? {
                Once::Done { answer, .. } => Ok(answer),
                Once::New(tx) => {
                    count_up(&tx).await?;
                    let answer = "the answer".to_owned();
                    tx.commit_with(Subject::outside(1), &answer).await?;
                    Ok(answer)
                }
            }
        })
    });
    for told in join_all(repeats).await.into_iter().map(Result::unwrap) {
        match told {
            Ok(answer) => assert_eq!(answer, "the answer"),
            Err(error) => assert_eq!(Error::kind(&error), Kind::InFlight),
        }
    }
    assert_eq!(counted(&processes[0]).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ids_and_messages_are_told_apart_between_processes() {
    let adapter = Own::default();
    let processes = join_all((0..8).map(|_| ready(&adapter))).await;
    let message = Message::new("things.changed", &1).unwrap();
    let work = processes.iter().cloned().map(|db| {
        let message = message.clone();
        tokio::spawn(async move {
            if let Some(tx) = db.consume("one", &message, Scope::Own).await.unwrap() {
                count_up(&tx).await.unwrap();
                tx.commit_quietly().await.unwrap();
            }
            let mut ids = Vec::new();
            for _ in 0..100 {
                ids.push(db.next_id("things").await.unwrap());
            }
            ids
        })
    });
    let ids: Vec<i64> = join_all(work).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 800);
    assert_eq!(counted(&processes[0]).await, 1);
}

/// Somebody holds a transaction in which ids were given; others get theirs meanwhile.
#[tokio::test]
async fn a_long_transaction_holds_up_nobodys_ids() {
    let adapter = Own::default();
    let (one, other) = (ready(&adapter).await, ready(&adapter).await);
    let tx = one.write(&somebody(), Action::Create, "Thing", Scope::Own).await.unwrap();
    let first = tx.next_id("things").await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(1), other.next_id("things")).await;
    assert_ne!(second.expect("an answer").unwrap(), first);
}

/// All at once find that the tables are missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_processes_migrate_at_once() {
    let adapter = Own::default();
    adapter.database().await;
    let started = join_all((0..8).map(|_| ready(&adapter))).await;
    assert_eq!(counted(&started[7]).await, 0);
    assert_eq!(adapter.sql("SELECT count(*) FROM seaql_migrations").await, "1");
}
