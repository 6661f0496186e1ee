//! Those who send slowly, or come too often, hold up nobody.

use std::time::Duration;

use gateway::{Capacity, Patience};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{HOUR, held};
use crate::house::House;

/// Begins to send a log, and leaves it at that.
async fn begin(house: &House) -> TcpStream {
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let token = house.tokens.of(crate::house::USER);
    let head = format!(
        "POST /api/v1/logs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_body_that_stalls_is_answered_408_and_its_connection_ends() {
    let (_gate, fake) = held();
    let house = House::with(fake, |config| {
        config.patience = Patience { piece: Duration::from_millis(50), whole: HOUR };
    })
    .await;
    let mut stream = begin(&house).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    for part in [
        "content-type: application/problem+json\r\n",
        "connection: close\r\n",
        "urn:praan:problem:request-timeout",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
}

#[tokio::test]
async fn a_slow_body_takes_no_place() {
    let (gate, fake) = held();
    let house = House::with(fake, |config| {
        config.patience = Patience { piece: HOUR, whole: HOUR };
        config.capacity = Capacity { at_once: 1, waiting: 0, patience: HOUR };
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        slow.push(begin(&house).await);
    }
    gate.let_go_on(1);
    assert_eq!(house.post("/api/v1/logs", "{}").await.status, 201);
}

#[tokio::test]
async fn one_address_has_so_many_connections_unless_they_are_a_proxys() {
    for proxies in [0, 1] {
        let (_gate, fake) = held();
        let house = House::with(fake, |config| {
            config.proxies = proxies;
            config.crowd.most_per_client = Some(2);
        })
        .await;
        let _held = (begin(&house).await, begin(&house).await);
        let asked = reqwest::get(format!("http://{}/healthz", house.address)).await;
        assert_eq!(asked.is_ok(), proxies == 1, "{proxies}");
    }
}
