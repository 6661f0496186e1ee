//! The identity service as the verifier of access tokens sees it, wherever it stands.

use async_trait::async_trait;
use chassis::auth::Authority;
use chassis::mesh::answered;
use chassis::{Error, Link};
use jsonwebtoken::jwk::JwkSet;
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::identity::v1::{CheckSessionRequest, GetJwksRequest};

/// Asks identity over its link.
pub struct Remote(IdentityServiceClient<Link>);

impl Remote {
    /// Asks over `identity`.
    pub fn new(identity: Link) -> Self {
        Self(IdentityServiceClient::new(identity))
    }
}

#[async_trait]
impl Authority for Remote {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        let jwks = answered(self.0.clone().get_jwks(GetJwksRequest {}).await)?;
        let keys = jwks.keys.into_iter().map(|key| {
            serde_json::from_value(serde_json::json!({
                "kty": key.kty, "crv": key.crv, "x": key.x, "kid": key.kid, "alg": key.alg, "use": key.r#use
            }))
        });
        Ok(JwkSet { keys: keys.collect::<Result<_, _>>().map_err(Error::internal)? })
    }

    async fn session_alive(&self, session_id: i64) -> Result<bool, Error> {
        Ok(answered(self.0.clone().check_session(CheckSessionRequest { session_id }).await)?.alive)
    }
}
