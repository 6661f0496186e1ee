//! The addresses behind a name, and the choice among them.
//!
//! A name is asked for every few seconds by a task, and at once when a connection fails, so that no call ever waits for a
//! name but the first. Of two addresses picked at random the one with fewer calls under way is taken, which keeps clear of
//! the slow; an address that cannot be reached is avoided for a moment.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tonic::transport::Channel;
use tower::util::rng::{HasherRng, Rng};

use super::dialer::{Dialer, Resolver, Rules};

/// The longest an answer about a name is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The shortest time between two questions about a name.
const PAUSE: Duration = Duration::from_millis(200);

/// Makes the peer of an address.
pub type Maker = Box<dyn Fn(SocketAddr) -> Peer + Send + Sync>;

/// One address, with its connection.
pub struct Peer {
    /// The address.
    pub address: SocketAddr,
    channel: Channel,
    busy: AtomicUsize,
    avoided_until: Mutex<Option<Instant>>,
}

impl Peer {
    /// A peer with nothing to do.
    pub fn new(address: SocketAddr, channel: Channel) -> Self {
        Self { address, channel, busy: AtomicUsize::new(0), avoided_until: Mutex::new(None) }
    }

    /// Its connection, which counts as busy until the guard is dropped.
    pub fn enter(&self) -> (Channel, Busy<'_>) {
        self.busy.fetch_add(1, Ordering::Relaxed);
        (self.channel.clone(), Busy(&self.busy))
    }

    fn is_avoided(&self, now: Instant) -> bool {
        let until = self.avoided_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| now < until)
    }
}

/// A call under way.
pub struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is known of a name; nothing before the first answer.
type Known = Option<Arc<[Arc<Peer>]>>;

/// The addresses behind a name.
pub struct Peers {
    known: watch::Receiver<Known>,
    ask: Arc<Notify>,
    rest: Duration,
}

impl Peers {
    /// One address, for good.
    pub fn fixed(peer: Peer, rest: Duration) -> Self {
        let (_, known) = watch::channel(Some(Arc::from([Arc::new(peer)])));
        Self { known, ask: Arc::default(), rest }
    }

    /// The addresses of a name, asked for again and again until nobody wants them.
    pub fn followed(dialer: &Dialer, host: &str, port: u16, make: Maker) -> Self {
        let (told, known) = watch::channel(None);
        let ask = Arc::new(Notify::new());
        let (resolver, rules) = (dialer.resolver.clone(), dialer.rules);
        let follower =
            Follower { resolver, host: host.to_owned(), port, make, told, ask: ask.clone(), rules };
        let stopping = dialer.tasks.token();
        dialer.tasks.spawn("resolver", async move {
            stopping.run_until_cancelled(follower.follow()).await;
        });
        Self { known, ask, rest: dialer.rules.rest }
    }

    /// The peer for a call, rather one that has not been `tried`; none when the name has no address.
    pub async fn pick(&self, tried: &[SocketAddr]) -> Option<Arc<Peer>> {
        let known = self.known.clone().wait_for(Option::is_some).await.ok()?.clone()?;
        let now = Instant::now();
        let fresh = |peer: &&Arc<Peer>| !tried.contains(&peer.address);
        let well: Vec<_> = known.iter().filter(fresh).filter(|peer| !peer.is_avoided(now)).collect();
        if !well.is_empty() {
            return Some(less_busy(&well));
        }
        let untried: Vec<_> = known.iter().filter(fresh).collect();
        let any = if untried.is_empty() { known.iter().collect() } else { untried };
        if any.is_empty() {
            self.ask.notify_one();
            return None;
        }
        Some(less_busy(&any))
    }

    /// Whether there are peers that have not been tried.
    pub fn has_others(&self, tried: &[SocketAddr]) -> bool {
        self.known.borrow().iter().any(|known| known.iter().any(|peer| !tried.contains(&peer.address)))
    }

    /// Avoids a peer for a moment, and asks whether the name has others.
    pub fn avoid(&self, peer: &Peer) {
        *peer.avoided_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + self.rest);
        self.ask.notify_one();
    }
}

/// The better of two, picked at random from one or more.
fn less_busy(peers: &[&Arc<Peer>]) -> Arc<Peer> {
    let mut rng = HasherRng::new();
    let one = rng.next_range(0..peers.len() as u64) as usize;
    // any but the first
    let step = if peers.len() > 1 { rng.next_range(1..peers.len() as u64) as usize } else { 0 };
    let (one, other) = (peers[one], peers[(one + step) % peers.len()]);
    let busy = |peer: &Arc<Peer>| peer.busy.load(Ordering::Relaxed);
    if busy(one) <= busy(other) { one.clone() } else { other.clone() }
}

/// Keeps what is known of a name up to date.
struct Follower {
    resolver: Arc<dyn Resolver>,
    host: String,
    port: u16,
    make: Maker,
    told: watch::Sender<Known>,
    ask: Arc<Notify>,
    rules: Rules,
}

impl Follower {
    async fn follow(self) {
        let mut failing = false;
        loop {
            let asked = Instant::now();
            match tokio::time::timeout(PATIENCE, self.resolver.resolve(&self.host, self.port)).await {
                Ok(Ok(addresses)) if !addresses.is_empty() => {
                    failing = false;
                    self.tell(&addresses);
                }
                failed => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(host = self.host, answer = ?failed, "a service's name has no address");
                    }
                    // the addresses of before may still be right; without any, nobody needs to wait
                    self.told.send_if_modified(|known| {
                        let unknown = known.is_none();
                        known.get_or_insert_with(|| Arc::from([]));
                        unknown
                    });
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.rules.resolve_every) => {}
                () = self.ask.notified() => tokio::time::sleep_until(asked + PAUSE).await,
                () = self.told.closed() => return,
            }
        }
    }

    fn tell(&self, addresses: &[SocketAddr]) {
        let known = self.told.borrow().clone().unwrap_or_else(|| Arc::from([]));
        let mut wanted = addresses.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.iter().eq(known.iter().map(|peer| &peer.address)) {
            return;
        }
        let keep = |address: SocketAddr| {
            let peer = known.iter().find(|peer| peer.address == address);
            peer.cloned().unwrap_or_else(|| Arc::new((self.make)(address)))
        };
        tracing::info!(host = self.host, addresses = wanted.len(), "a service's addresses have changed");
        self.told.send_replace(Some(wanted.into_iter().map(keep).collect()));
    }
}
