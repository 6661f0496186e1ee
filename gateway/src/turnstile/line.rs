//! The places of one service, and those who wait for one.

mod pace;
mod refusals;
mod state;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::class::Class;
pub use state::LONG_MOMENT;
use state::{State, Waiter};

/// Why a request was sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Too many waited.
    Crowded,
    /// It had waited for as long as it may.
    Late,
}

/// The places of a service.
pub struct Line {
    most: usize,
    most_waiting: usize,
    patience: Duration,
    state: Mutex<State>,
}

/// A place, until it is dropped.
pub struct Pass(Arc<Line>);

/// Somebody who is refused and is not told yet.
pub struct Lingering {
    /// How long to keep it so.
    pub duration: Duration,
    line: Arc<Line>,
}

/// The turn of one who waits; whoever drops it has left the line.
pub struct Turn {
    line: Arc<Line>,
    class: Class,
    number: u64,
    receiver: oneshot::Receiver<Pass>,
}

impl Missed {
    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Missed::Crowded => "crowded",
            Missed::Late => "late",
        }
    }
}

impl Line {
    /// With so many places, and so many who may wait; where there has been somebody for longer than `patience`, it is crowded.
    pub fn new(most: usize, most_waiting: usize, patience: Duration) -> Arc<Self> {
        let state = Mutex::new(State::new());
        Arc::new(Self { most, most_waiting, patience, state })
    }

    /// A place, or else a turn that is expected to come within `patience`, or else nothing.
    pub fn step_up(self: &Arc<Self>, class: Class, patience: Duration) -> Result<Pass, Option<Turn>> {
        let mut state = self.state();
        if state.at_work < class.share(self.most) {
            state.at_work += 1;
            return Ok(Pass(self.clone()));
        }
        let before = state.waiting[..=class as usize].iter().map(VecDeque::len).sum::<usize>();
        if state.pace.expects(before + 1) > patience {
            state.refused_at = Some(Instant::now());
            return Err(None);
        }
        if state.all_waiting() >= self.most_waiting {
            let less = &mut state.waiting[class as usize + 1..];
            // whoever has waited least, of those that matter least
            if less.iter_mut().rev().find_map(VecDeque::pop_back).is_none() {
                return Err(None);
            }
        }
        let (sender, receiver) = oneshot::channel();
        let (number, now) = (state.next_number, Instant::now());
        state.next_number += 1;
        state.waiting[class as usize].push_back(Waiter { number, came: now, sender });
        if state.crowded_since.is_none() {
            state.crowded_since = Some(now);
            state.pace.begin(now);
        }
        Err(Some(Turn { line: self.clone(), class, number, receiver }))
    }

    /// Whether there has always been somebody who waits, for longer than anybody has patience.
    pub fn is_crowded(&self) -> bool {
        self.state().is_crowded(self.patience)
    }

    /// Somebody is refused, and perhaps is to linger.
    pub fn refuse(self: &Arc<Self>) -> Option<Lingering> {
        let state = &mut *self.state();
        let duration = state.refusals.linger(Instant::now(), &state.pace)?;
        Some(Lingering { duration, line: self.clone() })
    }

    /// How many want a place, for each that there is.
    pub fn demand(&self) -> f64 {
        let state = self.state();
        (state.at_work + state.all_waiting()) as f64 / self.most as f64
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever gets the next place; it is taken by then.
    fn next(&self) -> Option<Waiter> {
        let mut state = self.state();
        let free = |class: &Class| state.at_work < class.share(self.most);
        let ready = Class::ALL.into_iter().filter(free).collect::<Vec<_>>();
        let newest = state.is_crowded(self.patience) && state.refuses();
        let next = ready.into_iter().find_map(|class| {
            let waiting = &mut state.waiting[class as usize];
            if newest { waiting.pop_back() } else { waiting.pop_front() }
        });
        if newest {
            state.give_up();
        }
        state.at_work += usize::from(next.is_some());
        state.look_around();
        next
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        {
            let mut state = self.0.state();
            state.at_work -= 1;
            if state.crowded_since.is_some() {
                state.pace.beat(Instant::now());
            }
        }
        while let Some(waiter) = self.0.next() {
            // who has just left drops the pass, which hands it on from here again
            let _ = waiter.sender.send(Pass(self.0.clone()));
        }
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        self.line.state().refusals.gone();
    }
}

impl Future for Turn {
    type Output = Result<Pass, Missed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver).poll(context).map_err(|_sent_away| Missed::Crowded)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.line.state();
        let waiting = &mut state.waiting[self.class as usize];
        if let Some(place) = waiting.iter().position(|waiter| waiter.number == self.number) {
            waiting.remove(place);
        }
        state.look_around();
    }
}

#[cfg(test)]
mod tests;
