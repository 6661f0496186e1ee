//! Who reads a photo. A provider sees the checked photo and nothing of whose it is.

use async_trait::async_trait;

use crate::domain::photo::Photo;
use crate::domain::reading::MealReading;

mod openai;
mod stub;

pub use openai::{ApiKey, OpenAi, OpenAiProvider};
pub use stub::StubProvider;

/// Why a provider did not read a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// It may well do so next time.
    Transient(String),
    /// It never will, for a reason the user can read.
    Permanent(String),
}

/// Reads what is on a plate.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Which provider and model it is, such as `stub/1`.
    fn model(&self) -> &str;

    /// Reads a photo.
    async fn read(&self, photo: &Photo) -> Result<MealReading, ProviderError>;
}
