use async_trait::async_trait;
use chassis::Error;
use chassis::auth::Authority;
use chassis::clock::Clock;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, OctetKeyPairParameters,
    OctetKeyPairType, PublicKeyUse,
};

use crate::keys::encode_public;
use crate::store::Store;
use crate::store::entity::signing_keys;

/// Answers for keys and sessions straight from the database, for the rooms of this process.
pub struct Sessions {
    store: Store,
    clock: Clock,
}

impl Sessions {
    /// The authority over this store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl Authority for Sessions {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        let keys = self.store.published_keys(self.clock.now()).await?;
        Ok(JwkSet { keys: keys.iter().map(jwk).collect() })
    }

    async fn session_alive(&self, session_id: i64) -> Result<bool, Error> {
        self.store.session_alive(session_id, self.clock.now()).await
    }
}

fn jwk(key: &signing_keys::Model) -> Jwk {
    Jwk {
        common: CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(KeyAlgorithm::EdDSA),
            key_id: Some(key.kid.clone()),
            ..CommonParameters::default()
        },
        algorithm: AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
            key_type: OctetKeyPairType::OctetKeyPair,
            curve: EllipticCurve::Ed25519,
            x: encode_public(&key.public_key),
        }),
    }
}
