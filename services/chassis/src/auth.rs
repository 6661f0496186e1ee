//! Proof of who calls: access tokens are checked by every service itself, against the published keys and the session.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use moka::future::Cache;
use serde::{Deserialize, Serialize};

use crate::cached::Cached;
use crate::clock::Clock;
use crate::{Error, User};

/// How long a session may go on being trusted after it was last seen alive: the bound on every revocation.
const SESSION_TRUST: Duration = Duration::from_secs(1);
/// How often an unknown key may make us ask for the keys again.
const KEYS_PAUSE: Duration = Duration::from_secs(5);
/// How old the keys may be: the next one is known long before it signs, and one that is withdrawn is soon forgotten.
const KEYS_AGE: Duration = Duration::from_secs(600);
/// A token longer than this is none of ours.
const LONGEST_TOKEN: usize = 4096;

/// What an access token says (RFC 7519, RFC 9068).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom it is meant.
    pub aud: String,
    /// The account's id, in decimal.
    pub sub: String,
    /// The session's id.
    pub sid: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// The token's own name.
    pub jti: String,
}

/// The issuer and audience of the house's tokens.
pub const ISSUER: &str = "praan";

/// Knows the keys and the sessions: the identity service, nearby or over the wire.
#[async_trait]
pub trait Authority: Send + Sync + 'static {
    /// The public keys in use.
    async fn jwks(&self) -> Result<JwkSet, Error>;
    /// Whether a session is alive.
    async fn session_alive(&self, session_id: i64) -> Result<bool, Error>;
}

/// Checks access tokens.
#[derive(Clone)]
pub struct Verifier {
    authority: Arc<dyn Authority>,
    clock: Clock,
    keys: Arc<RwLock<Arc<JwkSet>>>,
    fresh: Cached<(), ()>,
    fetched: Cached<(), ()>,
    proved: Cache<[u8; 32], (User, DateTime<Utc>)>,
    sessions: Cached<i64, bool>,
}

impl Verifier {
    /// A verifier that asks `authority`.
    pub fn new(authority: Arc<dyn Authority>, clock: Clock) -> Self {
        Self {
            authority,
            clock,
            keys: Arc::new(RwLock::new(Arc::new(JwkSet { keys: Vec::new() }))),
            fresh: Cached::new("keys", 1, KEYS_AGE),
            fetched: Cached::new("unknown keys", 1, KEYS_PAUSE),
            proved: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(60)).build(),
            sessions: Cached::new("sessions", 10_000, SESSION_TRUST),
        }
    }

    /// The user of an access token whose session is alive.
    pub async fn user(&self, token: &str) -> Result<User, Error> {
        let user = self.signed_user(token).await?;
        let alive =
            self.sessions.get_or(user.session_id, self.authority.session_alive(user.session_id)).await?;
        of_session(user, alive)
    }

    /// The same as of this moment, for one who asks again and again.
    pub async fn user_now(&self, token: &str) -> Result<User, Error> {
        let user = self.signed_user(token).await?;
        of_session(user, self.authority.session_alive(user.session_id).await?)
    }

    /// The user of an access token by its signature and times alone: enough to count requests, not to trust them.
    pub async fn signed_user(&self, token: &str) -> Result<User, Error> {
        if token.len() > LONGEST_TOKEN {
            return Err(refused());
        }
        let mut name = [0; 32];
        name.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        let (user, end) = match self.proved.get(&name).await {
            Some(known) => known,
            None => {
                let known = self.prove(token).await?;
                self.proved.insert(name, known).await;
                known
            }
        };
        if self.clock.now() < end {
            Ok(user)
        } else {
            Err(Error::unauthenticated("the access token has expired"))
        }
    }

    async fn prove(&self, token: &str) -> Result<(User, DateTime<Utc>), Error> {
        let header = decode_header(token).map_err(|_| refused())?;
        // the key decides the algorithm, never the token
        if header.alg != Algorithm::EdDSA {
            return Err(refused());
        }
        let key = self.key(&header.kid.ok_or_else(refused)?).await?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[ISSUER]);
        // the end is checked against our own clock on every use, not once
        rules.validate_exp = false;
        let claims = decode::<Claims>(token, &key, &rules).map_err(|_| refused())?.claims;
        let id = claims.sub.parse().ok().filter(|id| *id > 0).ok_or_else(refused)?;
        let end = DateTime::from_timestamp(claims.exp, 0).ok_or_else(refused)?;
        Ok((User { id, session_id: claims.sid }, end))
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Error> {
        let renewed = self.fresh.get_or((), self.fetch()).await;
        if let Some(key) = self.known_key(kid) {
            // where they could not be renewed, the old ones do
            return Ok(key);
        }
        renewed?;
        self.fetched.get_or((), self.fetch()).await?;
        self.known_key(kid).ok_or_else(refused)
    }

    async fn fetch(&self) -> Result<(), Error> {
        let keys = Arc::new(self.authority.jwks().await?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    fn known_key(&self, kid: &str) -> Option<DecodingKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        DecodingKey::from_jwk(keys.find(kid)?).ok()
    }
}

fn of_session(user: User, alive: bool) -> Result<User, Error> {
    if alive { Ok(user) } else { Err(Error::unauthenticated("the session has ended; sign in again")) }
}

fn refused() -> Error {
    Error::unauthenticated("the access token is not valid")
}
