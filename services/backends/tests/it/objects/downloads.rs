use std::time::Duration;

use backends::Objects;
use backends::objects::{Credentials, Location};
use bytes::Bytes;
use chassis::Kind;
use chassis::clock::Clock;

use super::Adapter;
use super::http::{fetch, request, request_to};

const TTL: Duration = Duration::from_secs(300);
const KEY: &str = "families/1/meal ü+1.jpg";

fn photo(bytes: usize) -> Bytes {
    (0..bytes).map(|n| (n % 251) as u8).collect()
}

pub async fn put_get_delete(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    assert_eq!(objects.get(KEY, 100).await.unwrap(), None);
    objects.delete(KEY).await.unwrap();
    objects.put(KEY, "image/jpeg", photo(100)).await.unwrap();
    assert_eq!(objects.get(KEY, 100).await.unwrap(), Some(photo(100)));
    objects.put(KEY, "image/jpeg", photo(50)).await.unwrap();
    assert_eq!(objects.get(KEY, 100).await.unwrap(), Some(photo(50)));
    objects.delete(KEY).await.unwrap();
    assert_eq!(objects.get(KEY, 100).await.unwrap(), None);
}

pub async fn too_large(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    objects.put(KEY, "image/jpeg", photo(3_000_000)).await.unwrap();
    assert_eq!(objects.get(KEY, 3_000_000).await.unwrap(), Some(photo(3_000_000)));
    assert_eq!(objects.get(KEY, 2_999_999).await.unwrap_err().kind(), Kind::TooLarge);
}

pub async fn presigned(adapter: impl Adapter) {
    let clock = Clock::system();
    let objects = adapter.open(&clock).await;
    objects.put(KEY, "image/jpeg", photo(100)).await.unwrap();
    let presigned = objects.presign_get(KEY, TTL).await.unwrap();
    assert_eq!(presigned.method, "GET");
    assert!(presigned.expires_at <= clock.now() + TTL);
    let answer = fetch(request(&presigned)).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    assert_eq!(answer.bytes().await.unwrap(), photo(100));
    assert!(!format!("{presigned:?}").contains("Signature"), "a presigned request cannot be printed");
}

pub async fn refused(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    objects.put(KEY, "image/jpeg", photo(100)).await.unwrap();
    objects.put("other", "image/jpeg", photo(100)).await.unwrap();
    let presigned = objects.presign_get("other", TTL).await.unwrap();
    let bare = presigned.url.split_once('?').unwrap().0;
    let another = presigned.url.replacen("/other?", "/families/1/meal%20%C3%BC%2B1.jpg?", 1);
    for url in [bare, &another, &format!("{}&x-id=PutObject", presigned.url)] {
        assert_eq!(fetch(request_to(&presigned, url)).await.status(), 403, "{url}");
    }
    let past = Clock::fixed(Clock::system().now() - Duration::from_secs(301));
    let late = adapter.open(&past).await.presign_get("other", TTL).await.unwrap();
    assert_eq!(fetch(request(&late)).await.status(), 403);
}

pub async fn away(_: impl Adapter) {
    // nobody listens on a port that was free a moment ago
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{free}");
    let location =
        Location { public_endpoint: endpoint.clone(), endpoint, region: "r".into(), bucket: "praan".into() };
    let objects = Objects::new(location, &Credentials::new("access", "not to be told"), &Clock::system());
    let error = objects.get(KEY, 100).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(!format!("{error:?} {error}").contains("not to be told"));
}
