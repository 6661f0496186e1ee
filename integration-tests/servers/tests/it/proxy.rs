use std::time::{Duration, Instant};

use servers::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A server that sends back what it gets.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    port
}

async fn call(stream: &mut TcpStream, word: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(word).await?;
    let mut answer = vec![0; word.len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn it_carries_until_it_is_cut_and_again_when_healed() {
    let proxy = Proxy::start(echo().await).await;
    assert_eq!(proxy.url("amqp://a:b@127.0.0.1:5672/v"), format!("amqp://a:b@127.0.0.1:{}/v", proxy.port()));
    let connect = || TcpStream::connect(("127.0.0.1", proxy.port()));
    let mut stream = connect().await.unwrap();
    let long = vec![7; 1_000_000];
    let (mut from, mut to) = stream.split();
    let mut answer = vec![0; long.len()];
    let (sent, read) = tokio::join!(to.write_all(&long), from.read_exact(&mut answer));
    assert!(sent.is_ok() && read.is_ok() && answer == long);
    proxy.cut();
    assert!(call(&mut stream, b"hello").await.is_err());
    let refused = async { call(&mut connect().await?, b"hello").await };
    assert!(refused.await.is_err());
    proxy.heal();
    assert_eq!(call(&mut connect().await.unwrap(), b"hello").await.unwrap(), b"hello");
    assert!(call(&mut stream, b"hello").await.is_err(), "what was cut stays so");
}

#[tokio::test]
async fn it_ends_a_connection_when_one_side_does() {
    let proxy = Proxy::start(echo().await).await;
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
    stream.write_all(b"last words").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "last words");
}

#[tokio::test]
async fn it_is_as_slow_as_it_is_told() {
    let proxy = Proxy::start(echo().await).await;
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
    call(&mut stream, b"hello").await.unwrap();
    proxy.delay(Duration::from_millis(100));
    let begin = Instant::now();
    call(&mut stream, b"hello").await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(200), "there and back: {:?}", begin.elapsed());
    proxy.delay(Duration::from_secs(3600));
    assert!(timeout(Duration::from_millis(50), call(&mut stream, b"hello")).await.is_err());
    proxy.heal();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello", "what was under way arrives after all");
}
