use async_trait::async_trait;
use aws_lc_rs::signature::Ed25519KeyPair;
use chassis::Error;
use chassis::auth::{Authority, Claims, ISSUER};
use chassis::clock::Clock;
use chrono::TimeDelta;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// Signs access tokens, and vouches for them as identity would.
#[derive(Clone)]
pub struct Tokens {
    key: EncodingKey,
    clock: Clock,
}

impl Tokens {
    /// Signs with a new key.
    pub fn new(clock: &Clock) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self { key: EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref()), clock: clock.clone() }
    }

    /// A token of a user, whose session has the same number.
    pub fn of(&self, user: i64) -> String {
        self.forged(user, json!({}), json!({}))
    }

    /// The same with something else in its header or its claims, and signed all the same.
    pub fn forged(&self, user: i64, header: Value, claims: Value) -> String {
        self.sign(&self.key, Algorithm::EdDSA, user, header, claims)
    }

    /// The same signed by another key.
    pub fn signed_by(&self, key: &EncodingKey, user: i64, header: Value) -> String {
        self.sign(key, Algorithm::EdDSA, user, header, json!({}))
    }

    /// The same signed by a shared secret.
    pub fn hs256(&self, user: i64, secret: &[u8]) -> String {
        self.sign(&EncodingKey::from_secret(secret), Algorithm::HS256, user, json!({}), json!({}))
    }

    /// The public half of a key.
    pub fn public(key: &EncodingKey) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(key, Algorithm::EdDSA).unwrap();
        jwk.common.key_id = Some("test".into());
        jwk
    }

    /// The public half of the house's own, in base64url.
    pub fn x(&self) -> String {
        serde_json::to_value(Self::public(&self.key)).unwrap()["x"].as_str().unwrap().to_owned()
    }

    fn sign(&self, key: &EncodingKey, alg: Algorithm, user: i64, header: Value, claims: Value) -> String {
        let now = self.clock.now();
        let genuine = Claims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            sub: user.to_string(),
            sid: user,
            iat: now.timestamp(),
            exp: (now + TimeDelta::minutes(15)).timestamp(),
            jti: uuid::Uuid::new_v4().to_string(),
        };
        let header = changed(json!({"alg": alg, "typ": "JWT", "kid": "test"}), header);
        let header: Header = serde_json::from_value(header).unwrap();
        jsonwebtoken::encode(&header, &changed(json!(genuine), claims), key).unwrap()
    }
}

fn changed(mut object: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

#[async_trait]
impl Authority for Tokens {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        Ok(JwkSet { keys: vec![Self::public(&self.key)] })
    }

    async fn session_alive(&self, _: i64) -> Result<bool, Error> {
        Ok(true)
    }
}
