//! A small room with one service, and an authority whose keys and sessions the tests hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::auth::{Authority, Claims, ISSUER, Verifier};
use chassis::clock::Clock;
use chassis::{Error, Link, Room};
use chrono::{DateTime, TimeZone, Utc};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto::adherence::v1::adherence_service_server::{AdherenceService, AdherenceServiceServer};
use proto::adherence::v1::*;
use tonic::{Request, Response, Status};

/// The keys and sessions of a test.
pub struct Keys {
    pub pair: Ed25519KeyPair,
    pub ended: AtomicBool,
    pub asked: AtomicU32,
}

impl Keys {
    pub fn new() -> Arc<Self> {
        let pair = Ed25519KeyPair::generate().expect("a key pair");
        Arc::new(Self { pair, ended: AtomicBool::new(false), asked: AtomicU32::new(0) })
    }

    /// The public key, in base64url.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// A token of user 7 in session 3 with a header of the test's choice.
    pub fn token(&self, claims: &Claims) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("k1".into());
        let der = self.pair.to_pkcs8v1().expect("PKCS#8");
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_ref())).expect("a token")
    }
}

#[async_trait]
impl Authority for Keys {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let key = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": self.public(), "kid": "k1", "alg": "EdDSA", "use": "sig"});
        Ok(serde_json::from_value(serde_json::json!({"keys": [key]})).expect("a key set"))
    }

    async fn session_alive(&self, session_id: i64) -> Result<bool, Error> {
        Ok(session_id == 3 && !self.ended.load(Ordering::Relaxed))
    }
}

/// The time of the tests.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).single().expect("a time")
}

/// The claims of a good token.
pub fn claims() -> Claims {
    let iat = noon().timestamp();
    let (iss, aud, sub, jti) = (ISSUER.into(), ISSUER.into(), "7".into(), "j".into());
    Claims { iss, aud, sub, sid: 3, iat, exp: iat + 900, jti }
}

/// The room, and the clock of its layers.
pub fn room(keys: &Arc<Keys>) -> (Link, Clock) {
    let clock = Clock::fixed(noon());
    let verifier = Verifier::new(keys.clone(), clock.clone());
    (Room::new("test").service(AdherenceServiceServer::new(Scores)).link(&verifier), clock)
}

/// Tells of each call what it knows of the caller.
struct Scores;

#[async_trait]
impl AdherenceService for Scores {
    async fn get_adherence(&self, _: Request<GetAdherenceRequest>) -> Result<Response<Adherence>, Status> {
        panic!("on purpose")
    }

    async fn get_dashboard(
        &self,
        request: Request<GetDashboardRequest>,
    ) -> Result<Response<Dashboard>, Status> {
        let call = chassis::call::user(request)?;
        let title = call.origin.request_id.to_string();
        Ok(Response::new(Dashboard { program_id: call.caller.id, title, ..Dashboard::default() }))
    }

    async fn get_leaderboard(
        &self,
        _: Request<GetLeaderboardRequest>,
    ) -> Result<Response<Leaderboard>, Status> {
        std::future::pending().await
    }

    type WatchProgramStream = tokio_stream::Pending<Result<ProgramEvent, Status>>;

    async fn watch_program(
        &self,
        _: Request<WatchProgramRequest>,
    ) -> Result<Response<Self::WatchProgramStream>, Status> {
        Ok(Response::new(tokio_stream::pending()))
    }

    async fn list_audit(&self, _: Request<ListAuditRequest>) -> Result<Response<ListAuditResponse>, Status> {
        Ok(Response::new(ListAuditResponse::default()))
    }

    async fn record_log(
        &self,
        request: Request<RecordLogRequest>,
    ) -> Result<Response<RecordLogResponse>, Status> {
        let message = chassis::call::internal(request)?;
        Ok(Response::new(RecordLogResponse { impact_basis_points: message.revision }))
    }
}
