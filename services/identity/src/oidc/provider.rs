//! One provider as it stands: its settings, and what it publishes.

use std::sync::Arc;

use chassis::Error;
use chassis::clock::Clock;
use chrono::TimeDelta;
use serde::Deserialize;

use super::endpoint::Endpoint;
use super::http::Http;
use super::kept::Kept;
use super::keys::{self, Keys, Published};
use super::settings;
use crate::domain::id_token::{Expected, Person};
use crate::error;

/// How long metadata is kept.
const METADATA: TimeDelta = TimeDelta::hours(1);
/// How long keys are kept whose server says nothing.
const KEYS: TimeDelta = TimeDelta::hours(1);
/// The bounds on what their server may say.
const SHORTEST: TimeDelta = TimeDelta::minutes(5);
const LONGEST: TimeDelta = TimeDelta::days(1);

/// A provider.
pub struct Provider {
    /// Its settings.
    pub settings: settings::Provider,
    /// How it is called.
    pub http: Http,
    metadata: Kept<Metadata>,
    keys: Kept<Keys>,
    clock: Clock,
}

/// What a provider says of itself (OpenID Connect Discovery, section 3).
pub struct Metadata {
    /// Where the browser goes.
    pub authorization_endpoint: Endpoint,
    /// Where a code becomes tokens.
    pub token_endpoint: Endpoint,
    jwks_uri: Endpoint,
    /// Whether it names itself when it sends the browser back (RFC 9207).
    pub names_itself: bool,
    /// Whether a client shows its secret in the header, or else in the form.
    pub basic_auth: bool,
}

#[derive(Deserialize)]
struct Written {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Provider {
    /// The provider of these settings; `pause` is the least time between two fetches of the same.
    pub fn new(settings: settings::Provider, http: &Http, clock: &Clock, pause: TimeDelta) -> Self {
        let (metadata, keys) = (Kept::new(clock, pause), Kept::new(clock, pause));
        Self { settings, http: http.clone(), metadata, keys, clock: clock.clone() }
    }

    /// What the provider says of itself.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, Error> {
        let fetch = async {
            let url = self.settings.issuer.metadata();
            let written = self.http.get::<Written>(url).await?.content;
            Ok((written.read(&self.settings.issuers[0])?, METADATA))
        };
        self.metadata.get(|_| true, fetch).await
    }

    /// Whom an ID token is about, if it is the provider's, for one of `clients`, and repeats the nonce.
    pub async fn person(
        &self,
        token: &str,
        nonce: &str,
        clients: &std::collections::BTreeSet<String>,
    ) -> Result<Person, Error> {
        let kid = keys::kid(token)?;
        let keys = self.keys.get(|keys| keys.has(&kid), self.fetch_keys()).await?;
        let claims = keys.claims(&kid, token).map_err(|why| self.refuse(why))?;
        let settings::Provider { issuers, acr_values, .. } = &self.settings;
        let expected = Expected { issuers, clients, acr_values, nonce, now: self.clock.now() };
        claims.check(&expected).map_err(|fault| self.refuse(fault))
    }

    async fn fetch_keys(&self) -> Result<(Keys, TimeDelta), Error> {
        let metadata = self.metadata().await?;
        let document = self.http.get::<Published>(metadata.jwks_uri.url()).await?;
        let lifetime = document.max_age.map_or(KEYS, |age| age.clamp(SHORTEST, LONGEST));
        Ok((document.content.into(), lifetime))
    }

    /// The caller learns that the token will not do; why, is for those who run the house.
    fn refuse(&self, why: impl std::fmt::Debug) -> Error {
        tracing::info!(provider = self.settings.name, ?why, "an ID token was refused");
        error::bad_id_token()
    }
}

impl Written {
    /// Takes the document over if it is the one of the issuer that was asked.
    fn read(self, issuer: &str) -> Result<Metadata, Error> {
        if self.issuer != issuer {
            return Err(Error::unavailable("the metadata of an identity provider is that of another issuer"));
        }
        let endpoint = |text: &str| Endpoint::parse(text).map_err(Error::unavailable);
        let methods = self.token_endpoint_auth_methods_supported;
        Ok(Metadata {
            authorization_endpoint: endpoint(&self.authorization_endpoint)?,
            token_endpoint: endpoint(&self.token_endpoint)?,
            jwks_uri: endpoint(&self.jwks_uri)?,
            names_itself: self.authorization_response_iss_parameter_supported,
            basic_auth: methods.is_none_or(|methods| methods.iter().any(|m| m == "client_secret_basic")),
        })
    }
}
