//! Clients that ask again and again, each over a connection of its own, as soon as they are answered. They do as little as HTTP/1.1
//! takes, since they run on the machine that is measured.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;
use tokio::time::{Instant, sleep_until};

/// The connections that one address may have, and a little less.
const OF_ONE_ADDRESS: usize = 80;

/// What a client asks.
pub struct Ask {
    /// The method and path.
    pub line: (&'static str, String),
    /// The access token.
    pub token: String,
    /// What the body is.
    pub content_type: &'static str,
    /// The body; none for a GET.
    pub body: Bytes,
}

/// What came of it.
pub struct Took {
    /// How long each answer took, the fastest first.
    pub times: Vec<Duration>,
    /// How long all went on.
    pub lasted: Duration,
}

impl Took {
    /// What some answers took, in any order.
    pub fn of(mut times: Vec<Duration>, lasted: Duration) -> Self {
        times.sort_unstable();
        Self { times, lasted }
    }

    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.lasted.as_secs_f64()
    }

    /// How long all but a share of the answers took at the most, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let place = ((self.times.len() - 1) as f64 * share).round() as usize;
        self.times[place].as_secs_f64() * 1000.0
    }
}

/// Has `clients` ask what `ask` says for the client and the turn, for a while. Every answer must be of the status.
pub async fn run(
    address: &str,
    clients: usize,
    lasts: Duration,
    status: StatusCode,
    ask: impl Fn(usize, usize) -> Ask,
) -> Took {
    paced(address, clients, Duration::ZERO, lasts, status, ask).await
}

/// The same, each of them once in every `pace` at the most.
pub async fn paced(
    address: &str,
    clients: usize,
    pace: Duration,
    lasts: Duration,
    status: StatusCode,
    ask: impl Fn(usize, usize) -> Ask,
) -> Took {
    let begun = Instant::now();
    let all = (0..clients).map(async |client| {
        let mut connection = connect(address, client).await;
        let mut times = Vec::new();
        while begun.elapsed() < lasts {
            let ask = ask(client, times.len());
            let asked = Instant::now();
            let answer = send(&mut connection, address, ask).await;
            times.push(asked.elapsed());
            assert_eq!(answer.status(), status, "{:?}", answer.body());
            sleep_until(asked + pace).await;
        }
        times
    });
    let times = join_all(all).await.concat();
    Took::of(times, begun.elapsed())
}

/// Asks once, over a connection of its own.
pub async fn once(address: &str, ask: Ask) -> StatusCode {
    send(&mut connect(address, 0).await, address, ask).await.status()
}

/// A connection of a client's own, from an address that not too many share.
pub async fn connect(address: &str, client: usize) -> SendRequest<Full<Bytes>> {
    let from = Ipv4Addr::new(127, 8, 0, (client / OF_ONE_ADDRESS) as u8 + 1);
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("an address of the loopback network");
    let stream = socket.connect(address.parse().expect("an address")).await.expect("the door is open");
    stream.set_nodelay(true).expect("a socket");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    sender
}

/// Asks, and reads the whole answer.
pub async fn send(connection: &mut SendRequest<Full<Bytes>>, address: &str, ask: Ask) -> Response<Bytes> {
    let (method, path) = ask.line;
    let request = Request::builder().method(method).uri(path).header("host", address);
    let request = request.header("authorization", format!("Bearer {}", ask.token));
    let request = request.header("content-type", ask.content_type);
    let request = request.body(Full::from(ask.body)).expect("a request");
    connection.ready().await.expect("the connection holds");
    let (parts, body) = connection.send_request(request).await.expect("an answer").into_parts();
    Response::from_parts(parts, body.collect().await.expect("its body").to_bytes())
}
