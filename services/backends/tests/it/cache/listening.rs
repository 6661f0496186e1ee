use bytes::Bytes;
use chassis::clock::Clock;

use super::Adapter;

pub async fn hear(adapter: impl Adapter) {
    let cache = adapter.open(&Clock::system()).await;
    let mut one = cache.subscribe("scores").await.unwrap();
    let mut two = cache.subscribe("scores").await.unwrap();
    let mut other = cache.subscribe("others").await.unwrap();
    for n in 0..20_u8 {
        cache.publish("scores", Bytes::from(vec![n])).await.unwrap();
    }
    cache.publish("others", Bytes::from_static(b"end")).await.unwrap();
    for n in 0..20_u8 {
        assert_eq!(one.recv().await.unwrap(), [n].as_slice());
        assert_eq!(two.recv().await.unwrap(), [n].as_slice());
    }
    assert_eq!(other.recv().await.unwrap(), "end");
}

pub async fn nobody(adapter: impl Adapter) {
    let cache = adapter.open(&Clock::system()).await;
    cache.publish("scores", Bytes::from_static(b"unheard")).await.unwrap();
    drop(cache.subscribe("scores").await.unwrap());
    cache.publish("scores", Bytes::from_static(b"unheard")).await.unwrap();
    let mut late = cache.subscribe("scores").await.unwrap();
    cache.publish("scores", Bytes::from_static(b"heard")).await.unwrap();
    assert_eq!(late.recv().await.unwrap(), "heard");
}
