use std::time::Instant;

use servers::RabbitMq;
use tokio::net::TcpStream;

use crate::lives;

/// What it keeps is tested where there is a client: in the suite of the queue port.
#[tokio::test]
async fn it_answers_restarts_and_is_gone_when_dropped() {
    let begin = Instant::now();
    let broker = RabbitMq::start().await;
    println!("RabbitMQ was up after {:?}", begin.elapsed());
    let port = broker.port();
    assert_eq!(broker.amqp_url(), format!("amqp://guest:guest@127.0.0.1:{port}/%2f"));
    assert_ne!(broker.fresh_url(), broker.fresh_url());
    let first = broker.pid().unwrap();
    assert!(lives(first));
    broker.kill9().await;
    assert!(!lives(first));
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    let begin = Instant::now();
    broker.restart().await;
    println!("RabbitMQ was up again after {:?}", begin.elapsed());
    let second = broker.pid().unwrap();
    assert_ne!(first, second);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    drop(broker);
    assert!(!lives(second));
}
