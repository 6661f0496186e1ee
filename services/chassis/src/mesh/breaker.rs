//! Stops asking a room that does not answer, for a moment at a time.
//!
//! Closed, every call passes. After a number of failures in a row it opens: calls are refused at once, which spares the
//! callers the wait and the room the load. When it has rested, one call passes to see; by its end the breaker closes or
//! rests again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge};
use tokio::time::Instant;

/// What a call says of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answers.
    Well,
    /// It does not.
    Ill,
    /// Nothing: the caller went away, or gave it no time.
    Unknown,
}

/// The breaker of one link.
pub struct Breaker {
    state: Mutex<State>,
    name: String,
    after: u32,
    rest: Duration,
    turned: Counter<u64>,
    refusing: Gauge<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Probing,
}

impl Breaker {
    /// Opens after so many failures in a row, and then rests so long. `name` is the room's, for whoever watches.
    pub fn new(name: &str, after: u32, rest: Duration) -> Self {
        let meter = opentelemetry::global::meter("praan");
        let turned = meter
            .u64_counter("rpc.client.breaker")
            .with_description("How often the breaker of a link came into a state.")
            .build();
        let refusing = meter
            .u64_gauge("rpc.client.breaker.open")
            .with_description("Whether the breaker of a link refuses calls now: 1, or 0.")
            .build();
        // so that the first time it opens shows as a change
        turned.add(0, &labels(name, State::OPEN));
        refusing.record(0, &[room(name)]);
        let state = Mutex::new(State::Closed { failures: 0 });
        Self { state, name: name.to_owned(), after, rest, turned, refusing }
    }

    /// Lets a call pass, or not.
    pub fn admit(&self, now: Instant) -> Option<Pass<'_>> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Some(Pass { breaker: self, probe: false, verdict: Verdict::Unknown }),
            State::Open { until } if now >= until => {
                self.turn(&mut state, State::Probing);
                Some(Pass { breaker: self, probe: true, verdict: Verdict::Unknown })
            }
            State::Open { .. } | State::Probing => None,
        }
    }

    fn judge(&self, probe: bool, verdict: Verdict, now: Instant) {
        let mut state = self.state();
        let next = match (*state, verdict) {
            (State::Closed { failures }, Verdict::Ill) if failures + 1 >= self.after => {
                State::Open { until: now + self.rest }
            }
            (State::Closed { failures }, Verdict::Ill) => State::Closed { failures: failures + 1 },
            (State::Closed { .. }, Verdict::Well) => State::Closed { failures: 0 },
            (State::Probing, Verdict::Well) if probe => State::Closed { failures: 0 },
            (State::Probing, Verdict::Ill) if probe => State::Open { until: now + self.rest },
            // the probe saw nothing: the next call may try
            (State::Probing, Verdict::Unknown) if probe => State::Open { until: now },
            // a call from before it opened comes too late to say anything
            (same, _) => same,
        };
        self.turn(&mut state, next);
    }

    fn turn(&self, state: &mut State, next: State) {
        let (before, after) = (state.name(), next.name());
        *state = next;
        if before == after {
            return;
        }
        self.turned.add(1, &labels(&self.name, after));
        self.refusing.record(u64::from(!matches!(next, State::Closed { .. })), &[room(&self.name)]);
        match next {
            State::Open { .. } => {
                tracing::warn!(room = self.name, "a room does not answer: its breaker opens")
            }
            State::Closed { .. } => {
                tracing::info!(room = self.name, "a room answers again: its breaker closes")
            }
            State::Probing => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn labels(name: &str, state: &'static str) -> [KeyValue; 2] {
    [room(name), KeyValue::new("praan.breaker.state", state)]
}

fn room(name: &str) -> KeyValue {
    KeyValue::new("server.address", name.to_owned())
}

impl State {
    const OPEN: &str = "open";

    fn name(self) -> &'static str {
        match self {
            State::Closed { .. } => "closed",
            State::Open { .. } => Self::OPEN,
            State::Probing => "half_open",
        }
    }
}

/// A call on its way. A call that is dropped says nothing of the room.
pub struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
    verdict: Verdict,
}

impl Pass<'_> {
    /// Ends the call.
    pub fn end(mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.breaker.judge(self.probe, self.verdict, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(3600);

    fn ends(breaker: &Breaker, verdict: Verdict) {
        breaker.admit(Instant::now()).expect("it passes").end(verdict);
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new("family", 3, REST);
        for verdict in
            [Verdict::Ill, Verdict::Ill, Verdict::Well, Verdict::Ill, Verdict::Unknown, Verdict::Ill]
        {
            ends(&breaker, verdict);
        }
        ends(&breaker, Verdict::Ill);
        assert!(breaker.admit(Instant::now()).is_none());
    }

    #[test]
    fn one_call_probes_and_its_end_decides() {
        let breaker = Breaker::new("family", 1, REST);
        let rested = || Instant::now() + REST;
        let early = breaker.admit(Instant::now()).expect("it is closed");
        ends(&breaker, Verdict::Ill);
        let probe = breaker.admit(rested()).expect("it has rested");
        assert!(breaker.admit(rested()).is_none(), "one probe at a time");
        early.end(Verdict::Well);
        assert!(breaker.admit(rested()).is_none(), "a call from before decides nothing");
        probe.end(Verdict::Ill);
        assert!(breaker.admit(Instant::now()).is_none(), "it rests again");

        drop(breaker.admit(rested()).expect("it has rested again"));
        ends(&breaker, Verdict::Well);
        assert_eq!(*breaker.state(), State::Closed { failures: 0 });
    }
}
