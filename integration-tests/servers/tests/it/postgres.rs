use std::time::{Duration, Instant};

use servers::Postgres;

use crate::{lives, until};

#[tokio::test]
async fn it_answers_and_is_gone_when_dropped() {
    let begin = Instant::now();
    let postgres = Postgres::start().await;
    println!("PostgreSQL was up after {:?}", begin.elapsed());
    let database = postgres.database().await;
    postgres
        .sql(&database, "CREATE ROLE app LOGIN; CREATE TABLE t (n INT); INSERT INTO t VALUES (1), (2)")
        .await;
    assert_eq!(postgres.sql(&database, "SELECT n, n * 2 FROM t ORDER BY n").await, "1|2\n2|4");
    assert_ne!(postgres.database().await, database);
    assert!(postgres.url("app", &database).ends_with(&format!(":{}/{database}", postgres.port())));
    let pid = postgres.pid().unwrap();
    assert!(lives(pid));
    drop(postgres);
    assert!(!lives(pid));
}

#[tokio::test]
async fn it_keeps_what_it_committed_and_its_port() {
    let postgres = Postgres::start().await;
    let port = postgres.port();
    postgres.sql("postgres", "CREATE TABLE t (n INT)").await;
    for n in 1..=3 {
        postgres.sql("postgres", &format!("INSERT INTO t VALUES ({n})")).await;
        postgres.kill9().await;
        assert_eq!(postgres.pid(), None);
        postgres.restart().await;
        assert_eq!(postgres.sql("postgres", "SELECT count(*) FROM t").await, n.to_string());
    }
    postgres.stop().await;
    postgres.restart().await;
    assert_eq!(postgres.sql("postgres", "SELECT count(*) FROM t").await, "3");
    assert_eq!(postgres.port(), port);
}

#[tokio::test]
async fn a_replica_follows_and_only_reads() {
    let primary = Postgres::start().await;
    primary.sql("postgres", "CREATE TABLE t (n INT)").await;
    let begin = Instant::now();
    let replica = primary.start_replica().await;
    println!("a replica was up after {:?}", begin.elapsed());
    assert_eq!(replica.sql("postgres", "SELECT pg_is_in_recovery()").await, "t");
    let sees = async |n: &str| replica.sql("postgres", "SELECT count(*) FROM t").await == n;
    primary.sql("postgres", "INSERT INTO t VALUES (1)").await;
    until("the first row", async || sees("1").await).await;
    replica.kill9().await;
    primary.sql("postgres", "INSERT INTO t VALUES (2)").await;
    replica.restart().await;
    until("the row it missed", async || sees("2").await).await;
    primary.kill9().await;
    primary.restart().await;
    primary.sql("postgres", "INSERT INTO t VALUES (3)").await;
    until("a row after the primary's restart", async || sees("3").await).await;
}

#[tokio::test]
async fn a_frozen_one_does_not_answer() {
    let postgres = Postgres::start().await;
    postgres.sigstop();
    let mut asking = Box::pin(postgres.sql("postgres", "SELECT 1"));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut asking).await;
    assert!(early.is_err());
    postgres.sigcont();
    assert_eq!(asking.await, "1");
    postgres.sigstop();
    let pid = postgres.pid().unwrap();
    drop(postgres);
    assert!(!lives(pid), "frozen or not, it goes");
}
