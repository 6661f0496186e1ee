//! Live events. A watcher reads the table from the last event it has seen on, so it misses nothing whichever process wrote it;
//! a bell only spares it the wait until it would look again.

mod bells;

use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use tokio::sync::mpsc::{self, Sender, error::SendTimeoutError};
use tokio::time::Instant;

use crate::access::{Access, AuthorizedProgram};
use crate::domain::event::Event;
use crate::store::Store;

pub use bells::Bells;

/// How often to look for events of other processes, and whether the watcher may still see them: somewhat less than the second
/// after which a withdrawn grant shows nothing more, since asking takes its time too.
const BEAT: Duration = Duration::from_millis(800);
/// How many events wait for a watcher.
const WAITING: usize = 64;
/// How long a watcher may leave them waiting before it is let go.
const PATIENCE: Duration = Duration::from_secs(15);

/// Serves watchers.
#[derive(Clone)]
pub struct Watch {
    store: Store,
    access: Access,
    bells: Bells,
    tasks: Tasks,
}

/// What a watcher receives: events, and at the end, unless it left by itself, why there are no more.
pub type Watched = mpsc::Receiver<Result<Event, Error>>;

/// Somebody who watches a program.
struct Watcher {
    user_id: i64,
    program: AuthorizedProgram,
    /// The last event seen.
    after: i64,
    sender: Sender<Result<Event, Error>>,
}

impl Watch {
    /// Serves watchers from `store`.
    pub fn new(store: Store, access: Access, bells: Bells, tasks: Tasks) -> Self {
        Self { store, access, bells, tasks }
    }

    /// Starts to tell a user of the events after one; after 0, of those from now on.
    pub async fn start(
        &self,
        user_id: i64,
        program: AuthorizedProgram,
        after: i64,
    ) -> Result<Watched, Error> {
        let after = if after == 0 { self.store.last_event_id(program.scope()).await? } else { after };
        // one place more than events may take, so that there is always one for the last word
        let (sender, receiver) = mpsc::channel(WAITING + 1);
        let last_word = sender.clone().try_reserve_owned().map_err(Error::internal)?;
        let (watch, watcher) = (self.clone(), Watcher { user_id, program, after, sender });
        self.tasks.spawn("watcher", async move {
            if let Err(error) = watch.serve(watcher).await {
                last_word.send(Err(error));
            }
        });
        Ok(receiver)
    }

    /// Serves a watcher until it leaves, or must.
    async fn serve(&self, mut watcher: Watcher) -> Result<(), Error> {
        let scope = watcher.program.scope();
        // listening begins before reading, so that no event falls between them
        let mut bell = self.bells.listen(scope.program_id);
        let mut checked = Instant::now();
        loop {
            let events = self.store.events(scope, watcher.after, WAITING as u64).await?;
            let more = events.len() == WAITING;
            for event in events {
                if !watcher.tell(event).await? {
                    return Ok(());
                }
            }
            if checked.elapsed() >= BEAT {
                // counted from the question: the answer is true of that moment, or a later one
                checked = Instant::now();
                watcher.program = self.access.program_now(watcher.user_id, scope.program_id).await?;
            }
            if more {
                continue;
            }
            tokio::select! {
                () = bell.rung() => {}
                () = tokio::time::sleep_until(checked + BEAT) => {}
                () = watcher.sender.closed() => return Ok(()),
                () = self.tasks.stopping() => return Err(Error::unavailable("the process stops")),
            }
        }
    }
}

impl Watcher {
    /// Tells of an event, if the watcher may know of it. False when the watcher has left.
    async fn tell(&mut self, event: Event) -> Result<bool, Error> {
        self.after = event.id;
        match self.program.sight().event(event) {
            Some(event) => deliver(&self.sender, event, PATIENCE).await,
            None => Ok(true),
        }
    }
}

async fn deliver(to: &Sender<Result<Event, Error>>, event: Event, patience: Duration) -> Result<bool, Error> {
    match to.send_timeout(Ok(event), patience).await {
        Ok(()) => Ok(true),
        Err(SendTimeoutError::Closed(_)) => Ok(false),
        Err(SendTimeoutError::Timeout(_)) => Err(Error::unavailable("a watcher is too slow")),
    }
}

#[cfg(test)]
mod tests {
    use chassis::Kind;

    use super::*;
    use crate::domain::event;
    use crate::domain::fixture::day;

    fn event(id: i64) -> Event {
        Event {
            id,
            kind: event::Kind::Log,
            log_id: 1,
            log_type: None,
            status: None,
            date: day("2026-01-05"),
            total: None,
            occurred_at: "2026-01-05T00:00:00Z".parse().unwrap(),
        }
    }

    #[tokio::test]
    async fn a_watcher_that_does_not_listen_is_let_go_and_one_that_left_is_not_missed() {
        let (sender, mut receiver) = mpsc::channel(1);
        let patience = Duration::from_millis(1);
        assert!(deliver(&sender, event(1), patience).await.unwrap());
        let refused = deliver(&sender, event(2), patience).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Unavailable);
        assert_eq!(receiver.recv().await.unwrap().unwrap().id, 1);
        assert!(deliver(&sender, event(3), patience).await.unwrap());
        drop(receiver);
        assert!(!deliver(&sender, event(4), patience).await.unwrap());
    }
}
