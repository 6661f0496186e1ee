use std::collections::HashSet;

use backends::{Action, Scope};
use futures_util::future::join_all;

use super::{Adapter, ready, somebody};

/// 16 tasks take ids, outside and inside of transactions, and no id comes twice.
pub async fn unique_under_concurrency(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let takers = (0..16).map(|n| {
        let db = db.clone();
        async move {
            let mut ids = Vec::new();
            for _ in 0..40 {
                ids.push(db.next_id("things").await.unwrap());
                if n % 4 == 0 {
                    let tx = db.write(&somebody(), Action::Create, "Thing", Scope::Own).await.unwrap();
                    ids.push(tx.next_id("things").await.unwrap());
                    tx.commit_quietly().await.unwrap();
                }
            }
            ids
        }
    });
    // each on a task of its own, so that they really run at once
    let tasks = takers.map(tokio::spawn);
    let ids: Vec<i64> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    let unique: HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), unique.len()), (800, 800));
    assert_eq!(ids.iter().min(), Some(&1));
    assert!(ids.iter().all(|id| (1..1 << 53).contains(id)));
    assert_eq!(db.next_id("others").await.unwrap(), 1, "every sequence begins at 1");
}

pub async fn go_on_after_a_restart(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let before = db.next_id("things").await.unwrap();
    drop(db);
    let db = ready(&adapter).await;
    assert!(db.next_id("things").await.unwrap() > before);
}

pub async fn of_a_rolled_back_write(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let tx = db.write(&somebody(), Action::Create, "Thing", Scope::Own).await.unwrap();
    tx.next_id("things").await.unwrap();
    drop(tx);
    let kept = db.next_id("things").await.unwrap();
    let tx = db.write(&somebody(), Action::Create, "Thing", Scope::Own).await.unwrap();
    let mut ids = HashSet::from([kept]);
    for _ in 0..130 {
        assert!(ids.insert(tx.next_id("things").await.unwrap()));
    }
    tx.commit_quietly().await.unwrap();
    for _ in 0..130 {
        assert!(ids.insert(db.next_id("things").await.unwrap()));
    }
}
