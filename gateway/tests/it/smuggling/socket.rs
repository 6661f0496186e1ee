use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a connection may take to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends bytes, and gives all that comes back until the door closes the connection, or says `enough`.
pub async fn exchange(address: SocketAddr, bytes: &[u8], enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // what is refused at once may be closed before it is all sent
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let reading =
        async { while !enough(&answer) && matches!(stream.read_buf(&mut answer).await, Ok(1..)) {} };
    let ended = tokio::time::timeout(PATIENCE, reading).await;
    assert!(ended.is_ok(), "left open after {:?}", String::from_utf8_lossy(&answer));
    answer
}
