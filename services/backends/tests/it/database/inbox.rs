use backends::Scope;
use backends::queue::Message;
use futures_util::future::join_all;

use super::{Adapter, count_up, counted, ready};

/// Eight deliveries of one message at once, to two consumers.
pub async fn twice(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let message = Message::new("things.changed", &1).unwrap();
    let deliveries = (0..8).map(|n| {
        let (db, message) = (db.clone(), message.clone());
        tokio::spawn(async move {
            let consumer = if n % 2 == 0 { "one" } else { "other" };
            if let Some(tx) = db.consume(consumer, &message, Scope::Own).await.unwrap() {
                count_up(&tx).await.unwrap();
                tx.commit_quietly().await.unwrap();
            }
        })
    });
    join_all(deliveries).await.into_iter().for_each(Result::unwrap);
    assert_eq!(counted(&db).await, 2, "once for each consumer");
    let another = Message::new("things.changed", &1).unwrap();
    assert!(db.consume("one", &another, Scope::Own).await.unwrap().is_some());
}

pub async fn rolled_back(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let message = Message::new("things.changed", &1).unwrap();
    let tx = db.consume("one", &message, Scope::Own).await.unwrap().unwrap();
    count_up(&tx).await.unwrap();
    drop(tx);
    let tx = db.consume("one", &message, Scope::Own).await.unwrap().expect("it was not handled");
    count_up(&tx).await.unwrap();
    tx.commit_quietly().await.unwrap();
    assert!(db.consume("one", &message, Scope::Own).await.unwrap().is_none());
    assert_eq!(counted(&db).await, 1);
}
