use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Pass;
use super::pace::Pace;
use super::refusals::Refusals;

/// Over how long it shows how soon places come back: several batches of a database.
const SPAN: Duration = Duration::from_millis(200);

/// How long one waits at the most where others always have.
pub const LONG_MOMENT: Duration = Duration::from_millis(60);
/// For how long after somebody was refused at the door it counts as one where not all can be let in.
const REFUSES: Duration = Duration::from_secs(1);

/// How the places of a service stand.
pub struct State {
    pub at_work: usize,
    /// By class, the newest last.
    pub waiting: [VecDeque<Waiter>; 3],
    pub pace: Pace,
    pub refusals: Refusals,
    pub next_number: u64,
    /// Since when there has always been somebody who waits.
    pub crowded_since: Option<Instant>,
    /// When somebody was refused at the door.
    pub refused_at: Option<Instant>,
}

/// Somebody who waits.
pub struct Waiter {
    pub number: u64,
    pub came: Instant,
    pub sender: oneshot::Sender<Pass>,
}

impl State {
    /// Nobody is there.
    pub fn new() -> Self {
        Self {
            at_work: 0,
            waiting: Default::default(),
            pace: Pace::over(SPAN),
            refusals: Refusals::default(),
            next_number: 0,
            crowded_since: None,
            refused_at: None,
        }
    }

    /// How many wait.
    pub fn all_waiting(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum()
    }

    /// Whether there has always been somebody who waits, for longer than that.
    pub fn is_crowded(&self, patience: Duration) -> bool {
        self.crowded_since.is_some_and(|since| since.elapsed() > patience)
    }

    /// Whether not all can be let in.
    pub fn refuses(&self) -> bool {
        self.refused_at.is_some_and(|at| at.elapsed() < REFUSES)
    }

    /// Sends those away who have waited for more than a moment: the newest go before them.
    pub fn give_up(&mut self) {
        for waiting in &mut self.waiting {
            while waiting.front().is_some_and(|waiter| waiter.came.elapsed() > LONG_MOMENT) {
                waiting.pop_front();
            }
        }
    }

    /// Notices when nobody waits any more.
    pub fn look_around(&mut self) {
        if self.all_waiting() == 0 {
            self.crowded_since = None;
        }
    }
}
