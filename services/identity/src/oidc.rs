//! Sign-in at identity providers by OpenID Connect.
//!
//! An ID token is believed when its issuer's published keys have signed it, for one of our clients, with the nonce the client
//! sent. The provider's metadata and keys are fetched from the configured issuer alone: nothing in a token names an address.

mod endpoint;
pub mod flow;
mod http;
mod kept;
mod keys;
mod provider;
pub mod settings;

use std::collections::BTreeMap;

use chassis::Error;
use chassis::clock::Clock;
use chrono::TimeDelta;

use http::Http;
pub use provider::Provider;
pub use settings::{CodeFlow, Providers};

/// All providers.
pub struct Oidc(BTreeMap<String, Provider>);

impl Oidc {
    /// Prepares for these providers; none is called before somebody signs in.
    pub fn new(providers: Providers, clock: &Clock, pause: TimeDelta) -> Result<Self, Error> {
        let http = Http::new()?;
        let open = |(name, settings)| (name, Provider::new(settings, &http, clock, pause));
        Ok(Self(providers.0.into_iter().map(open).collect()))
    }

    /// The provider of a name.
    pub fn provider(&self, name: &str) -> Result<&Provider, Error> {
        let names = || self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        self.0.get(name).ok_or_else(|| match self.0.is_empty() {
            true => Error::invalid("provider", "no identity provider is configured here"),
            false => Error::invalid("provider", format!("must be one of: {}", names())),
        })
    }
}
