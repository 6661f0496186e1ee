//! What logging may be told before it opens.

use std::time::Duration;

/// The settings of logging.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long a link to upload or download a photo is good for.
    pub link_lifetime: Duration,
    /// How long after the commit the queue tells the scores of a revision, unless they were told directly by then.
    pub backstop: Duration,
    /// When a photo that nobody has read by then is given up.
    pub photo_deadline: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            link_lifetime: Duration::from_secs(5 * 60),
            backstop: Duration::from_secs(5),
            photo_deadline: Duration::from_secs(60 * 60),
        }
    }
}
