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

/// How often to look for events of other processes, and whether the watcher may still see them.
const BEAT: Duration = Duration::from_secs(1);
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
                watcher.program = self.access.program_now(watcher.user_id, scope.program_id).await?;
                checked = Instant::now();
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
        let Some(event) = self.program.sight().event(event) else { return Ok(true) };
        match self.sender.send_timeout(Ok(event), PATIENCE).await {
            Ok(()) => Ok(true),
            Err(SendTimeoutError::Closed(_)) => Ok(false),
            Err(SendTimeoutError::Timeout(_)) => Err(Error::unavailable("a watcher is too slow")),
        }
    }
}
