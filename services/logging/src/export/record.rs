//! A log with all that belongs to it.

use crate::domain::image::Image;
use crate::domain::log::{NOBODY, Revision, Status};

/// A log as it stands, what it said before, and what its photo was read by.
pub struct LogRecord {
    /// The log as it stands.
    pub current: Revision,
    /// The revisions before, oldest first.
    pub earlier: Vec<Revision>,
    /// The state of its photo.
    pub image: Option<Image>,
    /// Which model read it; none while nobody knows.
    pub model: Option<String>,
}

impl LogRecord {
    /// Every revision, oldest first.
    pub fn revisions(&self) -> impl Iterator<Item = &Revision> {
        self.earlier.iter().chain([&self.current])
    }

    /// The revision that a model made of the photo.
    pub fn reading(&self) -> Option<&Revision> {
        self.revisions()
            .find(|revision| revision.status == Status::Completed && revision.by.author_id == NOBODY)
    }

    /// Whether the log said something else before. A confirmation of what was read changes nothing.
    pub fn was_corrected(&self) -> bool {
        let spoke = |revision: &&Revision| matches!(revision.status, Status::Verified | Status::Completed);
        self.earlier.iter().filter(spoke).any(|before| before.payload != self.current.payload)
    }
}
