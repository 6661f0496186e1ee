//! What a client holds: a signed access token, and a refresh token that is random and kept only as a hash.

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::Error;
use chassis::auth::{Claims, ISSUER};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::session::ACCESS_LIFETIME;

/// A new secret of a client's: a refresh token, or what it needs to end a flow.
pub struct Drawn {
    /// What the client gets, once.
    pub text: String,
    /// What is kept.
    pub hash: Vec<u8>,
}

impl Drawn {
    /// Draws a secret of 256 bits.
    pub fn draw() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(Error::internal)?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        Ok(Self { hash: hash(&text), text })
    }
}

/// The name under which something secret is kept: its SHA-256. A random token needs no slower one.
pub fn hash(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

/// The name under which a signed token is known again: the hash of what its signature covers, since a signature can be written
/// in more than one way.
pub fn hash_signed(token: &str) -> Vec<u8> {
    hash(token.rsplit_once('.').map_or(token, |(signed, _signature)| signed))
}

/// What an access token for a session says.
pub fn claims(user_id: i64, session_id: i64, now: DateTime<Utc>) -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        aud: ISSUER.to_owned(),
        sub: user_id.to_string(),
        sid: session_id,
        iat: now.timestamp(),
        exp: (now + ACCESS_LIFETIME).timestamp(),
        jti: Uuid::new_v4().to_string(),
    }
}
