//! A house with one room: logging, with stand-ins for the rooms it calls.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use backends::objects::embedded::{self, Settings};
use backends::objects::{Credentials, Location};
use backends::queue::memory::MemoryQueue;
use backends::{Database, Objects};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::auth::{Authority, Claims, ISSUER, Verifier};
use chassis::clock::Clock;
use chassis::{Error, Foundation, Link, Room};
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use logging::{Config, Needs};
use proto::adherence::v1::adherence_service_server::AdherenceServiceServer;
use proto::ai_inference::v1::ai_inference_service_server::AiInferenceServiceServer;
use proto::family::v1::family_service_server::FamilyServiceServer;
use proto::logging::v1 as wire;
use proto::logging::v1::logging_service_client::LoggingServiceClient;
use proto::program::v1::program_service_server::ProgramServiceServer;
use sea_orm::{FromQueryResult, Statement};
use tonic::{Request, Status};
use uuid::Uuid;

use crate::upstream::{Adherence, AiInference, Family, Program};

/// The manager of the first family, and of the second.
pub const MANAGER: i64 = 5;
pub const STRANGER: i64 = 6;
/// May see check-ins of the first family's program.
pub const DOCTOR: i64 = 7;
/// The program of the first family, and of the second.
pub const PROGRAM: i64 = 42;
pub const FOREIGN: i64 = 43;
pub const FAMILY: i64 = 9;
/// Whose programs they are.
pub const MEMBER: i64 = 1;
/// The first program that is imported.
pub const IMPORTED: i64 = 142;
/// Nobody has it.
pub const ABSENT: i64 = 44;

pub struct House {
    pub clock: Clock,
    pub db: Database,
    pub queue: Arc<MemoryQueue>,
    pub objects: Objects,
    pub family: Family,
    pub adherence: Adherence,
    pub ai_inference: AiInference,
    logging: LoggingServiceClient<Link>,
    tokens: Tokens,
    _scratch: tempfile::TempDir,
}

/// The time in every test that does not say otherwise: the program has been running since the first of the month.
pub fn noon() -> DateTime<Utc> {
    "2026-03-20T12:00:00Z".parse().unwrap()
}

impl House {
    pub async fn open() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let foundation = Foundation { clock: Clock::fixed(noon()), ..Foundation::system() };
        let nowhere = "http://127.0.0.1:1".to_owned();
        let location = Location {
            endpoint: nowhere.clone(),
            public_endpoint: nowhere,
            region: "x".into(),
            bucket: "x".into(),
        };
        let objects = Objects::new(location, &Credentials::new("x", "x"), &foundation.clock);
        Self::over(config, foundation, objects, tempfile::tempdir().unwrap()).await
    }

    /// With a real object store, which goes by the machine's clock, as the house does.
    pub async fn with_objects(config: Config) -> Self {
        Self::stored(config, Foundation::system()).await
    }

    /// With a real object store, in a house whose clock can be set.
    pub async fn with_archive() -> Self {
        Self::stored(Config::default(), Foundation { clock: Clock::fixed(noon()), ..Foundation::system() })
            .await
    }

    async fn stored(config: Config, foundation: Foundation) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let settings = Settings {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_endpoint: None,
            directory: scratch.path().to_owned(),
            bucket: "photos".into(),
        };
        let store = embedded::start(&Foundation::system(), settings).await.unwrap();
        Self::over(config, foundation, store.objects, scratch).await
    }

    async fn over(
        config: Config,
        foundation: Foundation,
        objects: Objects,
        scratch: tempfile::TempDir,
    ) -> Self {
        let clock = foundation.clock.clone();
        let db = Database::in_memory(&clock).await.unwrap();
        let queue = MemoryQueue::new(&foundation);
        let tokens = Tokens::new();
        let verifier = Verifier::new(Arc::new(tokens.clone()), clock.clone());
        let (family, program) = (Family::default(), Program::at(&clock));
        let (adherence, ai_inference) = (Adherence::default(), AiInference::default());
        let link = |room: Room| room.link(&verifier);
        let needs = Needs {
            foundation,
            db: db.clone(),
            queue: queue.clone(),
            objects: objects.clone(),
            family: link(Room::new("family").service(FamilyServiceServer::new(family.clone()))),
            program: link(Room::new("program").service(ProgramServiceServer::new(program))),
            adherence: link(Room::new("adherence").service(AdherenceServiceServer::new(adherence.clone()))),
            ai_inference: link(
                Room::new("ai-inference").service(AiInferenceServiceServer::new(ai_inference.clone())),
            ),
        };
        let room = logging::open(config, needs).await.unwrap();
        let logging = LoggingServiceClient::new(room.link(&verifier));
        Self {
            clock,
            db,
            queue,
            objects,
            family,
            adherence,
            ai_inference,
            logging,
            tokens,
            _scratch: scratch,
        }
    }

    pub fn logging(&self) -> LoggingServiceClient<Link> {
        self.logging.clone()
    }

    /// A request of a user, under a request id of its own.
    pub fn by<M>(&self, user: i64, message: M) -> Request<M> {
        self.again(user, Uuid::new_v4(), message)
    }

    /// A request of a user under this request id.
    pub fn again<M>(&self, user: i64, request_id: Uuid, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.tokens.issue(user));
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        request.metadata_mut().insert("x-request-id", request_id.to_string().parse().unwrap());
        request
    }

    pub async fn create(&self, request: wire::CreateLogRequest) -> Result<wire::CreateLogResponse, Error> {
        answer(self.logging().create_log(self.by(MANAGER, request)).await)
    }

    pub async fn get(&self, user: i64, log_id: i64) -> Result<wire::Log, Error> {
        answer(self.logging().get_log(self.by(user, wire::GetLogRequest { log_id, program_id: 0 })).await)
    }

    pub async fn amend(&self, request: wire::AmendLogRequest) -> Result<wire::AmendLogResponse, Error> {
        answer(self.logging().amend_log(self.by(MANAGER, request)).await)
    }

    pub async fn verify(&self, log_id: i64) -> Result<wire::VerifyLogResponse, Error> {
        answer(self.logging().verify_log(self.by(MANAGER, wire::VerifyLogRequest { log_id })).await)
    }

    pub async fn history(
        &self,
        user: i64,
        request: wire::ListHistoryRequest,
    ) -> Result<wire::ListHistoryResponse, Error> {
        answer(self.logging().list_history(self.by(user, request)).await)
    }

    pub async fn rows<T: FromQueryResult>(&self, query: &str) -> Vec<T> {
        let query = Statement::from_string(self.db.backend(), query);
        T::find_by_statement(query)
            .all(self.db.read(backends::Scope::Own).await.unwrap().connection())
            .await
            .unwrap()
    }

    pub async fn count(&self, table: &str) -> i64 {
        #[derive(FromQueryResult)]
        struct Count {
            n: i64,
        }
        self.rows::<Count>(&format!("SELECT count(*) AS n FROM {table}")).await[0].n
    }
}

/// The answer, or the error as the caller reads it.
pub fn answer<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Error> {
    chassis::mesh::answered(answer)
}

/// All that a caller sees of a refusal.
pub fn shown(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

/// The field paths of a refusal.
pub fn fields(error: &Error) -> Vec<&str> {
    error.fields().iter().map(|field| field.field.as_str()).collect()
}

/// Asks again until the answer is yes; a no for half a minute is a failure.
pub async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(30), asking).await.is_ok(),
        "waited in vain for: {what}"
    );
}

/// Signs access tokens, as identity does.
#[derive(Clone)]
struct Tokens {
    key: EncodingKey,
    keys: JwkSet,
}

impl Tokens {
    fn new() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let jwk =
            serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "test", "x": x });
        let keys = serde_json::from_value(serde_json::json!({ "keys": [jwk] })).unwrap();
        Self { key: EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref()), keys }
    }

    fn issue(&self, user: i64) -> String {
        let header = Header { kid: Some("test".into()), ..Header::new(Algorithm::EdDSA) };
        let claims = Claims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            sub: user.to_string(),
            sid: user,
            iat: 0,
            exp: 4_102_444_800,
            jti: Uuid::new_v4().to_string(),
        };
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }
}

#[async_trait]
impl Authority for Tokens {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        Ok(self.keys.clone())
    }

    async fn session_alive(&self, _: i64) -> Result<bool, Error> {
        Ok(true)
    }
}

/// A meal of so many kilocalories, logged now.
pub fn meal(calories: f64) -> wire::CreateLogRequest {
    let nutrition = wire::Nutrition { calories: Some(calories), ..Default::default() };
    entry(wire::create_log_request::Payload::Nutrition(nutrition))
}

/// Vital signs, logged now.
pub fn vitals(checkin: wire::Checkin) -> wire::CreateLogRequest {
    entry(wire::create_log_request::Payload::Checkin(checkin))
}

/// Something logged now to the first family's program.
pub fn entry(payload: wire::create_log_request::Payload) -> wire::CreateLogRequest {
    wire::CreateLogRequest { program_id: PROGRAM, payload: Some(payload), ..Default::default() }
}

/// A correction to so many kilocalories.
pub fn amendment(log_id: i64, calories: f64) -> wire::AmendLogRequest {
    let nutrition = wire::Nutrition { calories: Some(calories), ..Default::default() };
    wire::AmendLogRequest { log_id, payload: Some(wire::amend_log_request::Payload::Nutrition(nutrition)) }
}
