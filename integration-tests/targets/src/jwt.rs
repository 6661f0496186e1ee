use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chassis::auth::{Authority, ISSUER, Verifier};
use chassis::clock::Clock;
use chassis::{Error, User};
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

const NOW: i64 = 1_772_352_000;
const KEY: &str = "test";

/// One key for signing that the house knows, one that it does not, and who checks.
pub struct Tokens {
    ours: Ed25519KeyPair,
    theirs: Ed25519KeyPair,
    verifier: Verifier,
    runtime: Runtime,
}

/// What a header says of which something hangs.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// What claims say of which something hangs.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: i64,
    exp: i64,
}

/// Three kinds of tokens are checked: what begins with `{` is header and claims, on a line each, which are signed; what begins with
/// `~` is an edit, place and bytes, of a genuine token; everything else is a token.
pub fn jwt(data: &[u8]) {
    static TOKENS: LazyLock<Tokens> = LazyLock::new(Tokens::default);
    match data {
        [b'{', ..] => TOKENS.signed(data),
        [b'~', high, low, edit @ ..] => TOKENS.edited(u16::from_be_bytes([*high, *low]).into(), edit),
        _ => {
            let user = TOKENS.check(&String::from_utf8_lossy(data));
            assert_eq!(user, None, "nobody who lacks the key signs");
        }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        let [ours, theirs] = [7, 8].map(|seed| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap());
        let x = BASE64_URL_SAFE_NO_PAD.encode(ours.public_key().as_ref());
        let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": KEY, "x": x}]});
        let keys = Keys(serde_json::from_value(keys).unwrap());
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(NOW, 0).unwrap());
        let runtime = Builder::new_current_thread().build().unwrap();
        Self { ours, theirs, verifier: Verifier::new(Arc::new(keys), clock), runtime }
    }
}

impl Tokens {
    /// A token as identity signs it; another for every number.
    pub fn genuine(&self, number: usize) -> String {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{KEY}"}}"#);
        let claims = json!({"iss": ISSUER, "aud": ISSUER, "sub": "7", "sid": 7, "iat": NOW, "exp": NOW + 900,
            "jti": number.to_string()});
        token(&self.ours, header.as_bytes(), claims.to_string().as_bytes())
    }

    /// Whose token it is; none when it is not good.
    pub fn check(&self, token: &str) -> Option<User> {
        self.runtime.block_on(self.verifier.user(token)).ok()
    }

    fn signed(&self, data: &[u8]) {
        let mut lines = data.splitn(2, |byte| *byte == b'\n');
        let [header, claims] = [lines.next().unwrap_or_default(), lines.next().unwrap_or_default()];
        let foreign = self.check(&token(&self.theirs, header, claims));
        assert_eq!(foreign, None, "only the key that is named signs");
        let Some(user) = self.check(&token(&self.ours, header, claims)) else { return };
        // of what else a token says nobody reads a word, be it no text or no number
        let header: Header = serde_json::from_slice(header).unwrap();
        assert_eq!((header.alg.as_str(), header.kid.as_str()), ("EdDSA", KEY));
        let Claims { iss, aud, sub, sid, exp } = serde_json::from_slice(claims).unwrap();
        assert_eq!((iss.as_str(), aud.as_str()), (ISSUER, ISSUER));
        assert_eq!((sub.parse(), sid), (Ok(user.id), user.session_id));
        assert!(user.id > 0 && exp > NOW);
    }

    fn edited(&self, place: usize, edit: &[u8]) {
        let genuine = self.genuine(1);
        let mut bytes = genuine.clone().into_bytes();
        let place = place % (bytes.len() + 1);
        let end = (place + edit.len()).min(bytes.len());
        bytes.splice(place..end, edit.iter().copied());
        let edited = String::from_utf8_lossy(&bytes);
        assert_eq!(self.check(&edited).is_some(), edited == genuine, "a token is good to the letter");
    }
}

fn token(key: &Ed25519KeyPair, header: &[u8], claims: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let signature = key.sign(format!("{header}.{claims}").as_bytes());
    format!("{header}.{claims}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

struct Keys(JwkSet);

#[async_trait]
impl Authority for Keys {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        Ok(self.0.clone())
    }

    async fn session_alive(&self, _: i64) -> Result<bool, Error> {
        Ok(true)
    }
}
