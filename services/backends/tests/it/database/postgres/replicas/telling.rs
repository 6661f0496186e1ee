//! What one process has acknowledged, another never reads older.

use std::time::Duration;

use backends::{Action, Database, Once, Scope, Subject};
use chassis::Foundation;
use chassis::idempotency::Key;
use chassis::shutdown::Tasks;
use futures_util::future::join_all;
use tokio::time::Instant;
use uuid::Uuid;

use super::{FROM_REPLICA, Pair, SCOPE};
use crate::database::{count_up, somebody};
use crate::wait;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_process_wrote_another_reads_at_once() {
    let pair = Pair::start().await;
    for n in 1..=50 {
        pair.one.count_up(1).await.unwrap();
        assert_eq!(pair.other.counted(1).await, n);
        assert_eq!(pair.one.counted(1).await, n);
    }
    pair.until_both_read_from_replica().await;
    pair.pause_replay(true).await;
    pair.one.count_up(1).await.unwrap();
    let begin = Instant::now();
    assert_eq!(pair.other.counted(1).await, 51, "from the primary, since the replica shows 50");
    println!("a read that waited for a replica in vain took {:?}", begin.elapsed());
    assert_eq!(pair.one.counted(1).await, 51);
    pair.pause_replay(false).await;
    pair.until_both_read_from_replica().await;
    assert_eq!(pair.other.counted(1).await, 51);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_of_no_family_or_of_weight_is_the_primarys() {
    let pair = Pair::start().await;
    for scope in [Scope::Directory, Scope::Own] {
        assert!(!pair.one.ask::<bool>(scope, FROM_REPLICA).await, "{scope:?}");
    }
    let reader = pair.one.db.read_primary(SCOPE).await.unwrap();
    let ask = sea_orm::Statement::from_string(pair.one.db.backend(), FROM_REPLICA);
    let row = sea_orm::ConnectionTrait::query_one_raw(reader.connection(), ask).await.unwrap();
    assert!(!row.unwrap().try_get_by_index::<bool>(0).unwrap());
}

/// Eight families write in one process and read in the other, and the other way round, while replay stops and goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_reads_older_however_the_replica_lags() {
    let pair = Pair::start().await;
    let done = Tasks::new();
    let lagging = async {
        while !done.is_stopping() {
            for pause in [true, false] {
                pair.pause_replay(pause).await;
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        }
    };
    let families = (1..=8).map(|family| {
        let pair = &pair;
        async move {
            let (writes, reads) =
                if family % 2 == 0 { (&pair.one, &pair.other) } else { (&pair.other, &pair.one) };
            let mut from_replica = 0;
            for n in 1..=60 {
                writes.count_up(family).await.unwrap();
                assert_eq!(reads.counted(family).await, n, "family {family}");
                from_replica += usize::from(reads.ask::<bool>(Scope::Family(family), FROM_REPLICA).await);
            }
            from_replica
        }
    });
    let reading = async {
        let from_replica = join_all(families).await;
        done.stop(Duration::ZERO).await;
        from_replica
    };
    let ((), from_replica) = tokio::join!(lagging, reading);
    println!("of 60 reads of each family {from_replica:?} came from the replica");
}

/// Its own commit was cut short before it could tell of itself; the repeat is told that it stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_told_that_a_request_was_done_reads_what_it_did() {
    let pair = Pair::start().await;
    let silent = Database::connect(pair.adapter.settings().await, &Foundation::system()).await.unwrap();
    let key = Key { user_id: 7, request_id: Uuid::new_v4(), fingerprint: [1; 32] };
    let ask = async |db: &Database| {
        db.write_once::<String>(&key, &somebody(), Action::Create, "Counter", SCOPE).await.unwrap()
    };
    pair.pause_replay(true).await;
    let Once::New(tx) = ask(&silent).await else { panic!("it is new") };
    count_up(&tx).await.unwrap();
    tx.commit_with(Subject::of_family(1, 1), &"done".to_owned()).await.unwrap();
    let Once::Done { .. } = ask(&pair.one.db).await else { panic!("it is done") };
    assert_eq!(pair.other.counted(1).await, 1);
}

/// Who cannot leave a note waits until no process reads from the replica any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_note_that_cannot_be_left_delays_the_commit() {
    let pair = Pair::start().await;
    pair.one.wire.cut();
    pair.pause_replay(true).await;
    pair.one.count_up(1).await.unwrap();
    assert_eq!(pair.other.counted(1).await, 1);
    pair.pause_replay(false).await;
    pair.other.until_reads_from_replica(true).await;
    pair.one.count_up(1).await.unwrap();
    assert_eq!(pair.other.counted(1).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn notes_that_cannot_be_read_send_the_reads_to_the_primary() {
    let pair = Pair::start().await;
    pair.other.wire.cut();
    pair.pause_replay(true).await;
    pair.one.count_up(1).await.unwrap();
    assert_eq!(pair.other.counted(1).await, 1);
    assert!(!pair.other.ask::<bool>(Scope::Family(2), FROM_REPLICA).await);
    pair.pause_replay(false).await;
    pair.other.wire.heal();
    pair.until_both_read_from_replica().await;
}

/// Redis has nothing after that, and somebody else has found out first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn notes_that_were_lost_are_not_missed() {
    let pair = Pair::start().await;
    pair.pause_replay(true).await;
    pair.one.count_up(1).await.unwrap();
    pair.redis.kill9().await;
    let is_back = async || pair.other.cache.get("anything").await.is_ok();
    assert!(!is_back().await);
    pair.redis.restart().await;
    wait::until("Redis again", is_back).await;
    assert_eq!(pair.other.counted(1).await, 1);
    pair.pause_replay(false).await;
    pair.until_both_read_from_replica().await;
}
