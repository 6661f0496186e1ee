//! A house with one room: ai-inference, with an ear for what it publishes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ai_inference::provider::{Provider, StubProvider};
use ai_inference::{Config, Needs};
use async_trait::async_trait;
use backends::objects::embedded::{self, Settings};
use backends::objects::{Credentials, Location};
use backends::queue::memory::MemoryQueue;
use backends::queue::{Handler, Message, Outcome, Subscription};
use backends::{Database, Objects, Queue};
use bytes::Bytes;
use chassis::auth::{Authority, Verifier};
use chassis::clock::Clock;
use chassis::{Error, Foundation, Link};
use jsonwebtoken::jwk::JwkSet;
use proto::ai_inference::v1::ai_inference_service_client::AiInferenceServiceClient;
use proto::ai_inference::v1::{
    GetInferenceRequest, Inference, KeepInferencesRequest, KeepInferencesResponse, MealReading, inference,
};
use sea_orm::{FromQueryResult, Statement};
use tokio::sync::mpsc;

pub const FAMILY: i64 = 9;

pub struct House {
    pub queue: Arc<MemoryQueue>,
    pub objects: Objects,
    /// The clock of the database.
    pub clock: Clock,
    db: Database,
    client: AiInferenceServiceClient<Link>,
    heard: mpsc::UnboundedReceiver<i64>,
    _scratch: tempfile::TempDir,
}

/// Five tries, as ever, without the waiting.
pub fn quick() -> Config {
    Config { backoff: Duration::from_millis(1), ..Config::default() }
}

impl House {
    pub async fn open() -> Self {
        Self::with(quick(), Arc::new(StubProvider)).await
    }

    pub async fn with(config: Config, provider: Arc<dyn Provider>) -> Self {
        let foundation = Foundation::system();
        let scratch = tempfile::tempdir().unwrap();
        let settings = Settings {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_endpoint: None,
            directory: scratch.path().to_owned(),
            bucket: "photos".into(),
        };
        let store = embedded::start(&foundation, settings).await.unwrap();
        Self::over(config, provider, foundation, store.objects, scratch).await
    }

    /// With an object store that nobody answers for.
    pub async fn without_objects() -> Self {
        let foundation = Foundation::system();
        let nowhere = "http://127.0.0.1:1".to_owned();
        let location = Location {
            endpoint: nowhere.clone(),
            public_endpoint: nowhere,
            region: "x".into(),
            bucket: "x".into(),
        };
        let objects = Objects::new(location, &Credentials::new("x", "x"), &foundation.clock);
        let config = Config { attempts: 1, ..quick() };
        Self::over(config, Arc::new(StubProvider), foundation, objects, tempfile::tempdir().unwrap()).await
    }

    async fn over(
        config: Config,
        provider: Arc<dyn Provider>,
        foundation: Foundation,
        objects: Objects,
        scratch: tempfile::TempDir,
    ) -> Self {
        let clock = Clock::fixed(foundation.clock.now());
        let db = Database::in_memory(&clock).await.unwrap();
        let queue = MemoryQueue::new(&foundation);
        let (ear, heard) = mpsc::unbounded_channel();
        queue
            .subscribe(Subscription::new("test.image-read", "image.read"), Arc::new(Ear(ear)))
            .await
            .unwrap();
        let verifier = Verifier::new(Arc::new(Nobody), foundation.clock.clone());
        let needs = Needs { foundation, db: db.clone(), queue: queue.clone(), objects: objects.clone() };
        ai_inference::work(config, needs, provider).await.unwrap();
        let room = ai_inference::open(db.clone()).await.unwrap();
        let client = AiInferenceServiceClient::new(room.link(&verifier));
        Self { queue, objects, clock, db, client, heard, _scratch: scratch }
    }

    /// Uploads a photo, as a client does.
    pub async fn upload(&self, log_id: i64, photo: &[u8]) {
        self.objects.put(&image_key(log_id), "image/jpeg", Bytes::copy_from_slice(photo)).await.unwrap();
    }

    /// Asks for a photo to be read, and waits until the worker is done with it.
    pub async fn announce(&self, log_id: i64) {
        self.queue.publish(uploaded(log_id)).await.unwrap();
    }

    pub async fn inference(&self, log_id: i64) -> Result<Inference, Error> {
        chassis::mesh::answered(self.client.clone().get_inference(GetInferenceRequest { log_id }).await)
    }

    pub async fn keep(&self, request: KeepInferencesRequest) -> Result<KeepInferencesResponse, Error> {
        chassis::mesh::answered(self.client.clone().keep_inferences(request).await)
    }

    pub async fn meal(&self, log_id: i64) -> MealReading {
        match self.inference(log_id).await.unwrap().outcome {
            Some(inference::Outcome::Meal(meal)) => meal,
            other => panic!("not a meal: {other:?}"),
        }
    }

    pub async fn failure(&self, log_id: i64) -> String {
        match self.inference(log_id).await.unwrap().outcome {
            Some(inference::Outcome::Failure(failure)) => failure.reason,
            other => panic!("not a failure: {other:?}"),
        }
    }

    /// What is kept of a photo.
    pub async fn kept(&self, log_id: i64) -> Option<Bytes> {
        self.objects.get(&kept_key(log_id), 100_000_000).await.unwrap()
    }

    /// The thumbnail that is kept of a photo.
    pub async fn thumbnail(&self, log_id: i64) -> Option<Bytes> {
        self.objects.get(&thumbnail_key(log_id), 64 * 1024).await.unwrap()
    }

    /// The logs whose photos were announced as read, once nothing is left to be announced.
    pub async fn announced(&mut self) -> Vec<i64> {
        let mut logs = Vec::new();
        while self.count("outbox").await > 0 {
            logs.extend(
                tokio::time::timeout(Duration::from_millis(20), self.heard.recv()).await.ok().flatten(),
            );
        }
        while let Ok(log) = self.heard.try_recv() {
            logs.push(log);
        }
        logs
    }

    pub async fn count(&self, table: &str) -> i64 {
        #[derive(FromQueryResult)]
        struct Count {
            n: i64,
        }
        let query = Statement::from_string(self.db.backend(), format!("SELECT count(*) AS n FROM {table}"));
        Count::find_by_statement(query)
            .one(self.db.read(backends::Scope::Own).await.unwrap().connection())
            .await
            .unwrap()
            .unwrap()
            .n
    }
}

pub fn image_key(log_id: i64) -> String {
    format!("families/{FAMILY}/programs/42/{log_id}.jpg")
}

pub fn kept_key(log_id: i64) -> String {
    format!("families/{FAMILY}/programs/42/kept/{log_id}.jpg")
}

fn thumbnail_key(log_id: i64) -> String {
    format!("families/{FAMILY}/programs/42/kept/{log_id}.thumbnail.jpg")
}

/// Word of an upload; every call is a message of its own.
pub fn uploaded(log_id: i64) -> Message {
    let body = serde_json::json!({
        "family_id": FAMILY, "program_id": 42, "member_id": 7, "log_id": log_id,
        "image_key": image_key(log_id), "kept_key": kept_key(log_id),
        "thumbnail_key": thumbnail_key(log_id),
    });
    Message::new("image.uploaded", &body).unwrap()
}

struct Ear(mpsc::UnboundedSender<i64>);

#[async_trait]
impl Handler for Ear {
    async fn handle(&self, message: &Message) -> Outcome {
        let body: serde_json::Value = message.read().unwrap();
        let keys: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["family_id", "log_id", "member_id", "program_id"], "ids and nothing else");
        self.0.send(body["log_id"].as_i64().unwrap()).unwrap();
        Outcome::Done
    }
}

/// No method of this room is for users.
struct Nobody;

#[async_trait]
impl Authority for Nobody {
    async fn jwks(&self) -> Result<JwkSet, Error> {
        Err(Error::unavailable("nobody"))
    }

    async fn session_alive(&self, _: i64) -> Result<bool, Error> {
        Ok(false)
    }
}
