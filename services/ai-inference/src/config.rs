//! What ai-inference may be told before it opens.

use std::time::Duration;

/// The settings of ai-inference.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many photos are worked on at once.
    pub concurrency: usize,
    /// How many photos are decoded at once. One takes up to 600 MB for a moment, if it is as large as may be.
    pub decodes: usize,
    /// How often a photo is tried before it is given up.
    pub attempts: u32,
    /// How long to wait before the second try; the wait doubles before each further one.
    pub backoff: Duration,
    /// How long one try may take.
    pub patience: Duration,
    /// How many photos of a family are put before the provider in a day, which ends at midnight UTC.
    pub daily_photos: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            concurrency: 4,
            decodes: 1,
            attempts: 5,
            backoff: Duration::from_secs(1),
            patience: Duration::from_secs(45),
            daily_photos: 50,
        }
    }
}
