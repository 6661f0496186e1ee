//! Values that must not be seen.

use std::convert::Infallible;
use std::str::FromStr;

/// A secret option, such as a URL with a password. It can be handed on, but not printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}
