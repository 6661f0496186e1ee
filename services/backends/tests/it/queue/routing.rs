use backends::queue::{Message, Outcome, Subscription};
use chassis::Kind;

use super::handlers::Recorder;
use super::{Adapter, bind, send};
use crate::wait;

pub async fn all_queues(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let (one, two, other) = (
        Recorder::new(|_| Outcome::Done),
        Recorder::new(|_| Outcome::Done),
        Recorder::new(|_| Outcome::Done),
    );
    bind(&queue, "one", 5, one.clone()).await;
    bind(&queue, "two", 5, two.clone()).await;
    queue.subscribe(Subscription::new("other", "others.changed"), other.clone()).await.unwrap();
    for n in 0..100 {
        send(&queue, n).await;
    }
    wait::until("all deliveries", async || one.seen().len() >= 100 && two.seen().len() >= 100).await;
    for recorder in [one, two] {
        assert_eq!(recorder.numbers(), (0..100).collect::<Vec<_>>());
    }
    assert!(other.seen().is_empty());
}

pub async fn unroutable(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let other = Recorder::new(|_| Outcome::Done);
    queue.subscribe(Subscription::new("other", "others.changed"), other.clone()).await.unwrap();
    let error = queue.publish(Message::new("things.changed", &1).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(other.seen().is_empty());
}

pub async fn content(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let recorder = Recorder::new(|_| Outcome::Done);
    bind(&queue, "one", 5, recorder.clone()).await;
    let mut message =
        Message::new("things.changed", &serde_json::json!({ "log_id": 9_007_199_254_740_991_i64 })).unwrap();
    message.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    queue.publish(message.clone()).await.unwrap();
    wait::until("the delivery", async || !recorder.seen().is_empty()).await;
    assert_eq!(recorder.seen(), [message]);
    let error = recorder.seen()[0].read::<u32>().unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
}
