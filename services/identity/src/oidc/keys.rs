//! The keys a provider signs its ID tokens with.

use chassis::Error;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::id_token::Claims;

/// A token longer than this is none that a provider gives.
const LONGEST_TOKEN: usize = 16 * 1024;
/// An RSA key of 2048 bits in base64url has at least this many letters.
const SHORTEST_MODULUS: usize = 341;

/// A JSON Web Key Set as it is published. A key that is not understood says nothing about the others.
#[derive(Deserialize)]
pub struct Published {
    keys: Vec<Value>,
}

/// The keys that may sign ID tokens.
pub struct Keys(Vec<Key>);

struct Key {
    kid: String,
    /// What the key is for; a token has no say in it.
    algorithm: Algorithm,
    key: DecodingKey,
}

impl From<Published> for Keys {
    fn from(published: Published) -> Self {
        let jwks = published.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Self(jwks.filter_map(|jwk: Jwk| Key::of(&jwk)).collect())
    }
}

impl Keys {
    /// Whether there is a key of this name.
    pub fn has(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid == kid)
    }

    /// The claims of a token that one of the keys has signed.
    pub fn claims(&self, kid: &str, token: &str) -> Result<Claims, &'static str> {
        let key = self.0.iter().find(|key| key.kid == kid).ok_or("unknown key")?;
        let mut rules = Validation::new(key.algorithm);
        // all claims are checked together, against our own clock
        rules.required_spec_claims.clear();
        (rules.validate_exp, rules.validate_aud) = (false, false);
        decode::<Claims>(token, &key.key, &rules).map(|read| read.claims).map_err(|_| "signature or claims")
    }
}

impl Key {
    /// The key, if it is RSA of 2048 bits or more, for RS256, or on P-256, for ES256.
    fn of(jwk: &Jwk) -> Option<Self> {
        let (algorithm, named) = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) if rsa.n.len() >= SHORTEST_MODULUS => {
                (Algorithm::RS256, KeyAlgorithm::RS256)
            }
            AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => {
                (Algorithm::ES256, KeyAlgorithm::ES256)
            }
            _ => return None,
        };
        let common = &jwk.common;
        let signs = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
        let fits = common.key_algorithm.is_none_or(|algorithm| algorithm == named);
        let key = DecodingKey::from_jwk(jwk).ok()?;
        (signs && fits).then_some(Self { kid: common.key_id.clone()?, algorithm, key })
    }
}

/// The name of the key a token says it is signed with. Nothing else in its header is looked at.
pub fn kid(token: &str) -> Result<String, Error> {
    let header = (token.len() <= LONGEST_TOKEN).then(|| decode_header(token).ok()).flatten();
    header.and_then(|header| header.kid).ok_or_else(crate::error::bad_id_token)
}
