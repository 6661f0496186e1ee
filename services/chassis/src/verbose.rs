//! One request seen through: with a token of an operator's in [`TOKEN`], the public door has every process that the request
//! passes log at DEBUG about it, whatever else the process logs, and about nobody else's.
//!
//! The door alone checks the token, takes it off, and writes [`MARK`], which no outsider can: it drops that header from what comes
//! from outside. The mark travels with the request as its id does. A token is `<end>.<signature>`: the second since 1970 at which
//! it ends, and HMAC-SHA256 of that, under a secret that the operators and the door share. It opens nothing; it only makes the
//! house more talkative.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::Error;

/// The header in which an operator sends a token.
pub const TOKEN: &str = "x-praan-debug";
/// The header by which processes tell each other that a request is seen through.
pub const MARK: &str = "x-praan-verbose";

/// The fewest characters of a secret.
const SHORTEST: usize = 32;
/// What is signed begins so, lest the signature serve for anything else.
const PURPOSE: &str = "praan-debug:";

/// What tokens are made and checked with.
#[derive(Clone, Debug)]
pub struct Key(hmac::Key);

impl Key {
    /// The key of a secret. Fails when it is short enough to be guessed.
    pub fn new(secret: &str) -> Result<Self, Error> {
        if secret.len() < SHORTEST {
            let text = format!("must be {SHORTEST} characters or more, as `openssl rand -base64 32` makes");
            return Err(Error::invalid("debug-secret", text));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
    }

    /// A token that ends at a time.
    pub fn token(&self, ends_at: DateTime<Utc>) -> String {
        let end = ends_at.timestamp();
        let signature = hmac::sign(&self.0, format!("{PURPOSE}{end}").as_bytes());
        format!("{end}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether a token is ours and has not ended. How long that takes tells nothing of the right signature.
    pub fn admits(&self, token: &str, now: DateTime<Utc>) -> bool {
        let Some((end, signature)) = token.split_once('.') else { return false };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let signed = hmac::verify(&self.0, format!("{PURPOSE}{end}").as_bytes(), &signature);
        signed.is_ok() && end.parse().is_ok_and(|end: i64| now.timestamp() < end)
    }
}

/// The mark of a request as its span has it; none where it is not seen through.
pub fn marked(headers: &HeaderMap) -> Option<bool> {
    headers.contains_key(MARK).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_end_and_under_its_secret() {
        let (key, other) = (Key::new(&"a".repeat(32)).unwrap(), Key::new(&"b".repeat(32)).unwrap());
        let now: DateTime<Utc> = "2026-03-01T08:00:00Z".parse().unwrap();
        let (later, token) =
            (now + chrono::TimeDelta::minutes(15), key.token(now + chrono::TimeDelta::minutes(15)));
        assert!(key.admits(&token, now) && !key.admits(&token, later) && !other.admits(&token, now));
        let (end, signature) = token.split_once('.').unwrap();
        let longer = end.parse::<i64>().unwrap() + 1;
        for bad in [
            String::new(),
            ".".into(),
            end.into(),
            format!("{end}."),
            format!("{longer}.{signature}"),
            format!("{token}x"),
        ] {
            assert!(!key.admits(&bad, now), "{bad}");
        }
        assert!(Key::new(&"a".repeat(31)).is_err());
    }
}
