use std::time::Duration;

use backends::Objects;
use backends::objects::Presigned;
use chassis::clock::Clock;

use super::Adapter;
use super::http::{fetch, request, request_to, send, send_raw};

const TTL: Duration = Duration::from_secs(300);
const KEY: &str = "families/1/meal 1.jpg";
const PHOTO: &[u8] = &[0xff; 1000];

async fn presign(objects: &Objects) -> Presigned {
    objects.presign_put(KEY, "image/jpeg", PHOTO.len() as u64, TTL).await.unwrap()
}

async fn stored(objects: &Objects) -> Option<usize> {
    objects.get(KEY, 1_000_000).await.unwrap().map(|content| content.len())
}

pub async fn presigned(adapter: impl Adapter) {
    let clock = Clock::fixed(Clock::system().now());
    let objects = adapter.open(&clock).await;
    let presigned = presign(&objects).await;
    assert_eq!(presigned.method, "PUT");
    assert_eq!(presigned.expires_at, clock.now() + TTL);
    let header = |name: &str| {
        presigned.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    };
    assert_eq!((header("content-type"), header("content-length")), (Some("image/jpeg"), Some("1000")));
    assert_eq!(send(request(&presigned), PHOTO).await, 200);
    assert_eq!(objects.get(KEY, 1000).await.unwrap().unwrap(), PHOTO);
    let download = objects.presign_get(KEY, TTL).await.unwrap();
    assert_eq!(fetch(request(&download)).await.headers()["content-type"], "image/jpeg");
}

pub async fn content_type(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    let presigned = presign(&objects).await;
    assert_eq!(send_raw(&presigned, "Content-Type: text/html\r\nContent-Length: 1000\r\n", PHOTO).await, 403);
    assert_eq!(send_raw(&presigned, "Content-Length: 1000\r\n", PHOTO).await, 403);
    assert_eq!(stored(&objects).await, None);
}

pub async fn content_length(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    let presigned = presign(&objects).await;
    for length in [0, 1, 999, 1001, 100_000] {
        let headers = format!("Content-Type: image/jpeg\r\nContent-Length: {length}\r\n");
        assert_eq!(send_raw(&presigned, &headers, &vec![0; length]).await, 403, "{length}");
    }
    assert_eq!(stored(&objects).await, None);
}

/// Neither by chunks without a length, nor by more bytes than the length says.
pub async fn oversize(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    let presigned = presign(&objects).await;
    let mut chunk = b"2000\r\n".to_vec();
    chunk.extend_from_slice(&[0; 0x2000]);
    chunk.extend_from_slice(b"\r\n0\r\n\r\n");
    let chunked = "Content-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n";
    assert_eq!(send_raw(&presigned, chunked, &chunk).await, 403);
    let both = "Content-Type: image/jpeg\r\nContent-Length: 1000\r\nTransfer-Encoding: chunked\r\n";
    assert!(send_raw(&presigned, both, &chunk).await >= 400);
    assert_eq!(stored(&objects).await, None);
    let exact = "Content-Type: image/jpeg\r\nContent-Length: 1000\r\n";
    assert_eq!(send_raw(&presigned, exact, &[0xff; 5000]).await, 200);
    assert_eq!(stored(&objects).await, Some(1000), "what is beyond the length is no part of the body");
}

pub async fn expired(adapter: impl Adapter) {
    let past = Clock::fixed(Clock::system().now() - Duration::from_secs(301));
    let objects = adapter.open(&past).await;
    assert_eq!(send(request(&presign(&objects).await), PHOTO).await, 403);
    let prolonged = presign(&objects).await;
    let url = prolonged.url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000");
    assert_ne!(url, prolonged.url);
    assert_eq!(send(request_to(&prolonged, &url), PHOTO).await, 403);
    assert_eq!(stored(&objects).await, None);
}

pub async fn tampered(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    let presigned = presign(&objects).await;
    let signature = presigned.url.split_once("X-Amz-Signature=").unwrap().1;
    let flipped = if signature.starts_with('0') { "1" } else { "0" };
    let urls = [
        presigned.url.replace("/families/1/", "/families/2/"),
        presigned.url.replace(signature, &format!("{flipped}{}", &signature[1..])),
        presigned.url.replace("content-length%3B", ""),
    ];
    for url in urls {
        assert_ne!(url, presigned.url);
        assert_eq!(send(request_to(&presigned, &url), PHOTO).await, 403, "{url}");
    }
    assert_eq!(objects.get("families/2/meal 1.jpg", 1000).await.unwrap(), None);
    assert_eq!(stored(&objects).await, None);
}

pub async fn unsigned(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    let presigned = presign(&objects).await;
    let bare = presigned.url.split_once('?').unwrap().0;
    assert_eq!(send(request_to(&presigned, bare), PHOTO).await, 403);
    let bucket = bare.split_once("/families").unwrap().0;
    assert_eq!(reqwest::get(bucket).await.unwrap().status(), 403, "nobody may list the bucket");
    assert_eq!(stored(&objects).await, None);
}

/// A header that S3 would take for an order, beside an upload that was presigned without it.
pub async fn copy(adapter: impl Adapter) {
    let objects = adapter.open(&Clock::system()).await;
    objects.put("families/2/secret.jpg", "image/jpeg", vec![1; 77].into()).await.unwrap();
    let presigned = presign(&objects).await;
    let bucket = presigned.url.split('/').nth(3).unwrap();
    let order = request(&presigned).header("x-amz-copy-source", format!("/{bucket}/families/2/secret.jpg"));
    assert_eq!(send(order, PHOTO).await, 403);
    assert_eq!(stored(&objects).await, None);
}
