//! The life of one connection: what it is at, and how long it may stay at that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::rules::Rules;

/// What every connection of HTTP/2 begins with, and none of HTTP/1.1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The requests that a client may take back while they are worked on, if they are more than half of what it has sent: a flood of
/// such costs us work and the client nothing.
const MOST_TAKEN_BACK: usize = 500;

/// What is known of a connection.
pub(super) struct Life {
    rules: Rules,
    /// When it is to end, and when it ends.
    old: Option<(Instant, Instant)>,
    state: Mutex<State>,
    enough: Notify,
}

struct State {
    http: Http,
    phase: Phase,
    since: Instant,
    at_work: usize,
    begun: usize,
    taken_back: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Http {
    /// So many bytes, all of them those of the preface.
    Unknown(usize),
    One,
    Two,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The headers of a request are on their way.
    Hearing,
    Idle,
    Working,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// At once: nothing is in flight, or it has had its time.
    Now,
    /// By saying so; what is in flight may go on for so long.
    Announced(Duration),
}

/// What to do about a connection.
pub(super) enum Verdict {
    /// Nothing, until then at most.
    Stay(Instant),
    End(Parting),
}

/// How long those have who have had enough, for what they did not take back.
const SHORT: Duration = Duration::from_secs(5);

impl Life {
    pub(super) fn begin(rules: Rules) -> Arc<Self> {
        let now = Instant::now();
        let old = rules.age.map(|age| {
            // a version 4 id brings random bits without another dependency; the last sixteen hold neither version nor variant
            let chance = f64::from((Uuid::new_v4().as_u128() & 0xffff) as u32) / f64::from(0x1_0000_u32);
            let end = now + age.mul_f64(0.9 + 0.2 * chance);
            (end, end + rules.grace)
        });
        let state = State {
            http: Http::Unknown(0),
            phase: Phase::Hearing,
            since: now,
            at_work: 0,
            begun: 0,
            taken_back: 0,
        };
        Arc::new(Self { rules, old, state: Mutex::new(state), enough: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something came in.
    pub(super) fn heard(&self, bytes: &[u8]) {
        let mut state = self.state();
        if let Http::Unknown(length) = state.http {
            let fit = bytes.iter().zip(&PREFACE[length..]).take_while(|(byte, want)| byte == want).count();
            state.http = match length + fit {
                whole if whole == PREFACE.len() => Http::Two,
                part if fit == bytes.len() => Http::Unknown(part),
                _ => Http::One,
            };
            if state.http == Http::Two {
                state.enter(Phase::Idle);
            }
        }
        if state.http == Http::One && state.phase == Phase::Idle && !bytes.is_empty() {
            state.enter(Phase::Hearing);
        }
    }

    /// The client took something. The last of an answer may be on its way for long after it was written; but HTTP/2 always has
    /// something to say, and that is no sign of life.
    pub(super) fn sent(&self) {
        let mut state = self.state();
        if state.http == Http::One && state.phase == Phase::Idle {
            state.enter(Phase::Idle);
        }
    }

    /// A request is worked on, until what is returned is dropped.
    pub(super) fn work(self: &Arc<Self>) -> Work {
        let mut state = self.state();
        state.begun += 1;
        state.at_work += 1;
        state.enter(Phase::Working);
        Work { life: self.clone(), answered: false }
    }

    /// Whether the next answer is to be the last.
    pub(super) fn is_old(&self) -> bool {
        self.old.is_some_and(|(end, _)| Instant::now() >= end)
    }

    /// Resolves when the client has taken back too much.
    pub(super) async fn enough(&self) -> Parting {
        self.enough.notified().await;
        Parting::Announced(SHORT)
    }

    /// How it stands with the connection.
    pub(super) fn look(&self) -> Verdict {
        let (now, rules) = (Instant::now(), &self.rules);
        let State { http, phase, since, .. } = *self.state();
        let (limit, parting) = match (phase, http) {
            (Phase::Working, _) => (None, Parting::Now),
            (Phase::Hearing, _) => (Some(rules.headers), Parting::Now),
            (Phase::Idle, Http::Two) => (rules.idle_http2, Parting::Announced(rules.grace)),
            (Phase::Idle, _) => (Some(rules.idle), Parting::Now),
        };
        let limit = limit.map(|limit| since + limit);
        if limit.is_some_and(|limit| limit <= now) {
            return Verdict::End(parting);
        }
        if let Some((end, over)) = self.old {
            match http {
                Http::Two if end <= now => return Verdict::End(Parting::Announced(rules.grace)),
                // each answer since has said that it was the last
                Http::One if over <= now => return Verdict::End(Parting::Now),
                _ => {}
            }
        }
        // a phase may end sooner than this one's limit, and the next one's be shorter
        let soon = now + rules.headers / 2;
        let old = self.old.map(|(end, _)| end).filter(|end| *end > now);
        Verdict::Stay([limit, old].into_iter().flatten().fold(soon, Instant::min))
    }
}

impl State {
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
    }
}

/// A request that is worked on.
pub(super) struct Work {
    life: Arc<Life>,
    answered: bool,
}

impl Work {
    /// The answer begins.
    pub(super) fn answered(&mut self) {
        self.answered = true;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let mut state = self.life.state();
        state.at_work -= 1;
        if state.at_work == 0 {
            state.enter(Phase::Idle);
        }
        if !self.answered && self.life.rules.crowd.is_some() {
            state.taken_back += 1;
            if state.taken_back >= MOST_TAKEN_BACK && state.taken_back > state.begun / 2 {
                self.life.enough.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::Crowd;
    use super::*;

    const YEAR: Duration = Duration::from_secs(365 * 86_400);

    fn public(age: Duration, grace: Duration) -> Rules {
        Rules { grace, ..Rules::public(Crowd { most: 1, most_per_client: None }, age) }
    }

    fn end(life: &Life) -> Option<Parting> {
        match life.look() {
            Verdict::Stay(until) => {
                assert!(until > Instant::now());
                None
            }
            Verdict::End(parting) => Some(parting),
        }
    }

    /// Lets the phase have begun so much earlier.
    fn pass(life: &Life, seconds: u64) {
        life.state().since -= Duration::from_secs(seconds);
    }

    #[test]
    fn who_says_nothing_or_half_a_request_is_not_waited_for() {
        for said in [&b""[..], b"P", b"PRI * HTTP/2", b"GET / HTTP/1.1\r\nx:"] {
            let life = Life::begin(Rules::inner());
            pass(&life, 9);
            life.heard(said);
            assert_eq!(end(&life), None);
            pass(&life, 1);
            assert_eq!(end(&life), Some(Parting::Now), "{said:?}");
        }
    }

    #[test]
    fn an_idle_connection_ends_and_the_next_request_has_its_own_time() {
        let life = Life::begin(Rules::inner());
        life.heard(b"GET / HTTP/1.1\r\n\r\n");
        let work = life.work();
        pass(&life, 3600);
        assert_eq!(end(&life), None, "work has its own deadlines");
        drop(work);
        pass(&life, 70);
        assert_eq!(end(&life), None);
        life.heard(b"G");
        pass(&life, 9);
        life.heard(b"E");
        assert_eq!(end(&life), None);
        pass(&life, 1);
        assert_eq!(end(&life), Some(Parting::Now), "the headers drip");
        drop(life.work());
        pass(&life, 74);
        life.sent();
        assert_eq!(end(&life), None, "it takes what it was sent");
        pass(&life, 75);
        assert_eq!(end(&life), Some(Parting::Now), "it is idle");
    }

    #[test]
    fn http2_is_known_by_its_preface_however_it_comes() {
        let inner = Life::begin(Rules::inner());
        PREFACE.iter().for_each(|byte| inner.heard(&[*byte]));
        pass(&inner, 86_400);
        assert_eq!(end(&inner), None, "the house keeps its connections");
        let public = Life::begin(public(YEAR, YEAR));
        public.heard(&[PREFACE, b"more"].concat());
        pass(&public, 295);
        assert_eq!(end(&public), None);
        public.sent();
        pass(&public, 5);
        assert_eq!(end(&public), Some(Parting::Announced(YEAR)));
    }

    #[test]
    fn an_old_connection_is_told_so_and_then_ended() {
        for (age, grace, is_old, one, two) in [
            (YEAR, YEAR, false, None, None),
            (Duration::ZERO, YEAR, true, None, Some(Parting::Announced(YEAR))),
            (
                Duration::ZERO,
                Duration::ZERO,
                true,
                Some(Parting::Now),
                Some(Parting::Announced(Duration::ZERO)),
            ),
        ] {
            let lives = [&b"GET / HTTP/1.1\r\n\r\n"[..], PREFACE].map(|said| {
                let life = Life::begin(public(age, grace));
                life.heard(said);
                (life.work(), life)
            });
            assert_eq!(lives.each_ref().map(|(_, life)| life.is_old()), [is_old, is_old]);
            assert_eq!(lives.each_ref().map(|(_, life)| end(life)), [one, two]);
        }
    }

    #[test]
    fn not_all_grow_old_at_once() {
        let begun = Instant::now();
        let ages: Vec<_> = (0..50).map(|_| Life::begin(public(YEAR, YEAR)).old.unwrap().0 - begun).collect();
        assert!(ages.iter().all(|age| *age > YEAR.mul_f64(0.89) && *age < YEAR.mul_f64(1.11)));
        assert!(ages.iter().max().unwrap().saturating_sub(*ages.iter().min().unwrap()) > YEAR.mul_f64(0.02));
    }

    #[tokio::test]
    async fn who_takes_most_requests_back_has_had_enough() {
        let (flood, patient) = (Life::begin(public(YEAR, YEAR)), Life::begin(public(YEAR, YEAR)));
        for _ in 0..MOST_TAKEN_BACK {
            drop(flood.work());
            // as many, among more that were waited for
            drop(patient.work());
            patient.work().answered();
            patient.work().answered();
        }
        assert_eq!(flood.enough().await, Parting::Announced(SHORT));
        assert!(futures_util::FutureExt::now_or_never(patient.enough()).is_none());
    }
}
