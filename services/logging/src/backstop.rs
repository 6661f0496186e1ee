//! The message that tells the scores of revisions in case whoever made them does not get to it. The revisions of one transaction share
//! one, so that a crowd leaves few.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backends::Database;
use uuid::Uuid;

/// A share in such a message, for one revision.
#[derive(Clone)]
pub struct Backstop(Arc<Note>);

struct Note {
    db: Database,
    id: Uuid,
    untold: AtomicUsize,
}

impl Backstop {
    /// The message with this id, which is about so many revisions.
    pub fn new(db: &Database, id: Uuid, revisions: usize) -> Self {
        Self(Arc::new(Note { db: db.clone(), id, untold: AtomicUsize::new(revisions) }))
    }

    /// The scores know of the revision. Once they know of all, the message is dropped.
    pub fn told(self) {
        if self.0.untold.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.db.outbox_done(self.0.id);
        }
    }
}
