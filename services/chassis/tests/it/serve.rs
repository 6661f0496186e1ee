//! A door keeps its rules whatever those who come do.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chassis::serve::{Crowd, Door, Rules};
use chassis::shutdown::Tasks;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

const LONG: Duration = Duration::from_secs(3600);

fn rules() -> Rules {
    Rules::public(Crowd { most: 1000, most_per_client: None }, LONG)
}

/// A door that answers every request with the status its path names, if need be once it is told to go on.
async fn open(rules: Rules, go_on: Option<Arc<Notify>>) -> SocketAddr {
    let listener = chassis::serve::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let tasks = Tasks::new();
    let service = tower::service_fn(move |request: Request<_>| {
        let go_on = go_on.clone();
        async move {
            if let Some(go_on) = go_on {
                go_on.notified().await;
            }
            let mut response = Response::new(Full::new(Bytes::from_static(b"hello")));
            *response.status_mut() = request.uri().path()[1..].parse().unwrap_or(StatusCode::OK);
            Ok::<_, Infallible>(response)
        }
    });
    let door = Door::from(listener).rules(rules);
    tasks.spawn("door", chassis::serve::run(door, service, tasks.clone()));
    address
}

/// Says something, and hears all that comes until the door ends the connection.
async fn say(address: SocketAddr, words: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // what was refused at once may be closed by now
    let _ = stream.write_all(words.as_bytes()).await;
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard).await;
    String::from_utf8(heard).unwrap()
}

/// A connection of HTTP/1.1 that has had an answer and is kept.
async fn kept(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut heard = vec![0; 4096];
    match stream.read(&mut heard).await {
        Ok(length) if length > 0 => Some(stream),
        _ => None,
    }
}

#[tokio::test]
async fn one_too_many_is_closed_and_a_place_comes_back() {
    for crowd in [Crowd { most: 2, most_per_client: None }, Crowd { most: 9, most_per_client: Some(2) }] {
        let address = open(Rules { crowd: Some(crowd), ..rules() }, None).await;
        let first = kept(address).await;
        let second = kept(address).await;
        assert!(first.is_some() && second.is_some());
        assert!(kept(address).await.is_none());
        drop(first);
        while kept(address).await.is_none() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn who_is_silent_or_slow_or_idle_is_let_go() {
    let short = Duration::from_millis(50);
    let address = open(Rules { headers: short, idle: short, ..rules() }, None).await;
    for words in ["", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nhost"] {
        assert_eq!(say(address, words).await, "", "{words}");
    }
    let heard = say(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(heard.ends_with("hello") && !heard.contains("connection: close"), "{heard}");
}

#[tokio::test]
async fn the_last_answer_of_an_old_connection_says_so() {
    let address = open(Rules { age: Some(Duration::ZERO), ..rules() }, None).await;
    let heard = say(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(heard.contains("connection: close\r\n") && heard.ends_with("hello"), "{heard}");
}

#[tokio::test]
async fn over_http2_the_end_is_announced_and_what_is_in_flight_is_answered() {
    let go_on = Arc::new(Notify::new());
    let rules = Rules { age: Some(Duration::from_secs(1)), ..rules() };
    let address = open(rules, Some(go_on.clone())).await;
    let (mut client, connection) =
        h2::client::handshake(TcpStream::connect(address).await.unwrap()).await.unwrap();
    let asked = async {
        let answer = client.send_request(Request::get("http://x/").body(()).unwrap(), true).unwrap().0;
        // until the door says that it takes no more
        while std::future::poll_fn(|context| client.poll_ready(context)).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go_on.notify_one();
        answer.await.unwrap().status()
    };
    let (connection, status) = tokio::join!(connection, asked);
    assert_eq!(status, StatusCode::OK);
    assert!(connection.is_ok(), "the end is in order: {connection:?}");
}

#[tokio::test]
async fn who_has_not_sent_all_in_time_is_not_heard_any_longer() {
    let address = open(rules(), None).await;
    let heard = say(address, "POST /408 HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1").await;
    assert!(heard.starts_with("HTTP/1.1 408") && heard.contains("connection: close\r\n"), "{heard}");
}
