//! A log's photo and what became of it.

use super::image_key::ImageKey;

/// The state of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageStatus {
    /// Still to be read.
    Pending,
    /// Read.
    Completed,
    /// Could not be read.
    Failed,
}

impl ImageStatus {
    const ALL: [Self; 3] = [Self::Pending, Self::Completed, Self::Failed];

    /// The name it has in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    /// Reads its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A log's photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where it was uploaded to.
    pub key: ImageKey,
    /// Its state.
    pub status: ImageStatus,
    /// Why it could not be read.
    pub failure_reason: Option<String>,
    /// Whether a checked copy is kept.
    pub kept: bool,
}
