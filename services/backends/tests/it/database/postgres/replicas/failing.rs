//! A replica that lags, falls silent or dies, also in the middle of a read; and a primary that does.

use std::time::Duration;

use chassis::shutdown::Tasks;
use sea_orm::{ConnectionTrait, Statement};
use tokio::time::Instant;

use super::{FROM_REPLICA, Pair, SCOPE};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_that_lags_is_left_alone_until_it_has_caught_up() {
    let pair = Pair::start().await;
    pair.pause_replay(true).await;
    // written by nobody who leaves a note
    pair.adapter.sql("INSERT INTO counters (id, value) VALUES (1, 100)").await;
    for process in [&pair.one, &pair.other] {
        process.until_reads_from_replica(false).await;
        assert_eq!(process.counted(1).await, 100);
    }
    pair.pause_replay(false).await;
    pair.until_both_read_from_replica().await;
    assert_eq!(pair.one.counted(1).await, 100);
}

/// Readers go on all the time while the replica is killed, comes back, and freezes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_fails_whatever_happens_to_the_replica() {
    let pair = Pair::start().await;
    pair.one.count_up(1).await.unwrap();
    let stop = Tasks::new();
    let readers = (0..8).map(|n| {
        let (process, stop) = (if n % 2 == 0 { &pair.one } else { &pair.other }, stop.clone());
        async move {
            let (mut reads, mut slowest) = (0_u32, Duration::ZERO);
            while !stop.is_stopping() {
                let begin = Instant::now();
                assert_eq!(process.counted(1).await, 1);
                slowest = slowest.max(begin.elapsed());
                reads += 1;
            }
            (reads, slowest)
        }
    });
    let harming = async {
        pair.until_both_read_from_replica().await;
        pair.replica.kill9().await;
        pair.one.until_reads_from_replica(false).await;
        pair.replica.restart().await;
        pair.until_both_read_from_replica().await;
        pair.replica.sigstop();
        pair.one.until_reads_from_replica(false).await;
        pair.replica.sigcont();
        pair.until_both_read_from_replica().await;
        stop.stop(Duration::ZERO).await;
    };
    let (readers, ()) = tokio::join!(futures_util::future::join_all(readers), harming);
    for (reads, slowest) in readers {
        println!("{reads} reads, the slowest took {slowest:?}");
        assert!(reads > 0);
    }
}

/// The statement runs on the replica when that goes; it is the primary that answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_whose_replica_goes_is_answered_by_the_primary() {
    let pair = Pair::start().await;
    for freeze in [false, true] {
        let reader = pair.one.db.read(SCOPE).await.unwrap();
        let ask = async |sql: &str| {
            let row =
                reader.connection().query_one_raw(Statement::from_string(pair.one.db.backend(), sql)).await;
            row.unwrap().unwrap().try_get_by_index::<bool>(0).unwrap()
        };
        assert!(ask(FROM_REPLICA).await);
        let harming = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            match freeze {
                true => pair.replica.sigstop(),
                false => pair.replica.kill9().await,
            }
        };
        let (from_replica, ()) = tokio::join!(ask("SELECT pg_is_in_recovery() FROM pg_sleep(1)"), harming);
        assert!(!from_replica, "frozen: {freeze}");
        assert!(!ask(FROM_REPLICA).await, "and the rest of the transaction too");
        drop(reader);
        match freeze {
            true => pair.replica.sigcont(),
            false => pair.replica.restart().await,
        }
        pair.until_both_read_from_replica().await;
    }
}

/// The primary is dead: nothing can be written, and what is known can be read.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_outlive_the_primary() {
    let pair = Pair::start().await;
    pair.one.count_up(1).await.unwrap();
    pair.until_both_read_from_replica().await;
    pair.adapter.server().await.kill9().await;
    for process in [&pair.one, &pair.other] {
        assert_eq!(process.counted(1).await, 1);
    }
    pair.adapter.server().await.restart().await;
    pair.other.count_up(1).await.unwrap();
    assert_eq!(pair.one.counted(1).await, 2);
}
