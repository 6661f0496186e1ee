//! A call over the wire: to which address, how often, and for how long.

use std::net::SocketAddr;
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use tokio::time::{Instant, timeout_at};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::ServiceExt;
use tower::retry::backoff::{Backoff, ExponentialBackoffMaker, MakeBackoff};
use tower::retry::budget::{Budget, TpsBudget};
use tower::util::rng::HasherRng;

use super::breaker::{Breaker, Verdict};
use super::dialer::Rules;
use super::fault::Fault;
use super::payload::Payload;
use super::peers::{Peer, Peers};
use crate::Error;
use crate::layers::deadline;

/// How often a call may be sent again.
const MOST_EXTRA: usize = 2;
/// What share of the calls may be sent again; beside it, one a second, for a link with few calls.
const EXTRA_SHARE: f32 = 0.1;
/// For how long a call counts towards that share.
const BUDGET_MEMORY: Duration = Duration::from_secs(10);
/// The first wait before a call is sent again, and the longest; each is stretched at random up to double.
const WAITS: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(200));
/// A caller that leaves less time than this says nothing of the room by running out of it. So nobody can open a breaker from
/// outside with tiny deadlines.
const FAIR: Duration = Duration::from_secs(1);

/// A room in another process.
pub struct Remote {
    name: String,
    peers: Peers,
    breaker: Breaker,
    budget: TpsBudget,
    repeats: Counter<u64>,
}

type Answer = Result<Response<Body>, Fault>;

impl Remote {
    pub(super) fn new(name: &str, peers: Peers, rules: Rules) -> Self {
        let repeats = opentelemetry::global::meter("praan")
            .u64_counter("rpc.client.repeats")
            .with_description("How many calls were sent again, by what had become of them.")
            .build();
        // so that the first time shows as a change
        repeats.add(0, &labels(name, Reason::Unavailable));
        Self {
            name: name.to_owned(),
            peers,
            breaker: Breaker::new(name, rules.break_after, rules.rest),
            budget: TpsBudget::new(BUDGET_MEMORY, 1, EXTRA_SHARE),
            repeats,
        }
    }

    /// Sends a call, which has `left` time, and returns the answer.
    pub(super) async fn send(
        &self,
        request: Request<Body>,
        left: Duration,
    ) -> Result<Response<Body>, Status> {
        let begun = Instant::now();
        let Some(pass) = self.breaker.admit(begun) else {
            return Err(
                Error::unavailable(format!("the breaker of the link to {} is open", self.name)).into()
            );
        };
        let end = begun + left;
        let answer = timeout_at(end, self.tries(request, end)).await.unwrap_or(Err(Fault::Late));
        pass.end(verdict(&answer, left));
        answer.map_err(Status::from)
    }

    /// Sends a call until it is answered, or until sending it again would be wrong.
    async fn tries(&self, request: Request<Body>, end: Instant) -> Answer {
        let (parts, body) = request.into_parts();
        // no request of ours is a stream: the contract's own tests see to it
        let mut payload = Payload::read(body).await.map_err(Fault::Broken)?;
        self.budget.deposit();
        let mut wait = None;
        let mut tried = Vec::new();
        loop {
            let Some(peer) = self.peers.pick(&tried).await else {
                return Err(Fault::Unsent(format!("{} has no address", self.name).into()));
            };
            let Some(body) = payload.body() else { return Err(Fault::Unsent("the body is spent".into())) };
            tried.push(peer.address);
            let answer = self.attempt(&peer, &parts, body, end).await;
            let Some(reason) = self.repeatable(&answer, parts.uri.path(), &tried) else { return answer };
            if tried.len() > MOST_EXTRA || !payload.is_left() {
                return answer;
            }
            if reason != Reason::Elsewhere {
                let wait = wait.get_or_insert_with(waits);
                let Some(pause) = wait.as_mut().map(Backoff::next_backoff) else { return answer };
                if pause.deadline() >= end || !self.budget.withdraw() {
                    return answer;
                }
                pause.await;
            }
            self.repeats.add(1, &labels(&self.name, reason));
        }
    }

    async fn attempt(&self, peer: &Peer, parts: &Parts, body: Body, end: Instant) -> Answer {
        let mut request = Request::from_parts(parts.clone(), body);
        let left = end.saturating_duration_since(Instant::now());
        deadline::write(request.headers_mut(), left);
        let (channel, _busy) = peer.enter();
        let sent = timeout_at(end, channel.oneshot(request)).await;
        let answer = sent.map_or(Err(Fault::Late), |answer| answer.map_err(Fault::of));
        tracing::debug!(room = self.name, address = %peer.address, outcome = outcome(&answer), "a call was sent");
        let silent = matches!(answer, Err(Fault::Late)) && left >= FAIR;
        if silent || matches!(answer, Err(Fault::Unsent(_))) {
            self.peers.avoid(peer);
        }
        answer
    }

    /// Why a call may be sent again, if it may.
    fn repeatable(&self, answer: &Answer, path: &str, tried: &[SocketAddr]) -> Option<Reason> {
        match answer {
            Err(Fault::Unsent(_)) if self.peers.has_others(tried) => Some(Reason::Elsewhere),
            Err(Fault::Unsent(_)) => Some(Reason::Unsent),
            Err(Fault::Lost(_)) if proto::idempotent(path) => Some(Reason::Lost),
            Ok(response) if code(response) == Code::Unavailable && proto::idempotent(path) => {
                Some(Reason::Unavailable)
            }
            _ => None,
        }
    }
}

fn labels(room: &str, reason: Reason) -> [KeyValue; 2] {
    [KeyValue::new("server.address", room.to_owned()), KeyValue::new("praan.reason", reason.name())]
}

/// Why a call is sent again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It was not begun, and there is another address to try: no more load than the call itself.
    Elsewhere,
    /// It was not begun.
    Unsent,
    /// Nobody knows how far it came.
    Lost,
    /// The room said that it cannot for now.
    Unavailable,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Elsewhere => "elsewhere",
            Self::Unsent => "unsent",
            Self::Lost => "lost",
            Self::Unavailable => "unavailable",
        }
    }
}

fn waits() -> Option<impl Backoff<Future = tokio::time::Sleep>> {
    // a maker's clones share their dice, so each call has its own
    let maker = ExponentialBackoffMaker::new(WAITS.0, WAITS.1, 1.0, HasherRng::new());
    maker.ok().map(|mut maker| maker.make_backoff())
}

/// What an answer says of the room.
fn verdict(answer: &Answer, left: Duration) -> Verdict {
    let late = if left >= FAIR { Verdict::Ill } else { Verdict::Unknown };
    match answer {
        Err(Fault::Unsent(_) | Fault::Lost(_)) => Verdict::Ill,
        Err(Fault::Late) => late,
        Err(Fault::Broken(_)) => Verdict::Unknown,
        Ok(response) => match code(response) {
            Code::Unavailable => Verdict::Ill,
            Code::DeadlineExceeded => late,
            _ => Verdict::Well,
        },
    }
}

/// What became of a call, for a line of the log.
fn outcome(answer: &Answer) -> &'static str {
    match answer {
        Ok(response) => code(response).description(),
        Err(fault) => fault.name(),
    }
}

/// The code of an answer that is an error from the start; a stream that has begun is well.
fn code(response: &Response<Body>) -> Code {
    response.headers().get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
}
