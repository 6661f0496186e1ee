use std::net::SocketAddr;
use std::sync::Arc;

use backends::cache::Cache;
use backends::cache::memory::MemoryCache;
use chassis::Foundation;
use chassis::auth::Verifier;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use gateway::{Config, Needs};
use http::{HeaderMap, Method, StatusCode};
use reqwest::RequestBuilder;
use serde_json::Value;
use tonic::transport::Channel;

use crate::fake::Fake;
use crate::tokens::Tokens;

/// The user of most tests.
pub const USER: i64 = 7;

/// A gateway that listens, and a client.
pub struct House {
    pub address: SocketAddr,
    pub tokens: Tokens,
    pub clock: Clock,
    pub tasks: Tasks,
    http: reqwest::Client,
}

/// What the gateway answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl House {
    /// Opens a gateway without limits.
    pub async fn open(fake: Fake) -> Self {
        Self::with(fake, |config| config.rate_limits = false).await
    }

    /// Opens a gateway that is configured otherwise.
    pub async fn with(fake: Fake, configure: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::fixed("2026-03-01T08:00:00Z".parse().unwrap());
        let cache = MemoryCache::new(&clock);
        Self::build(fake, clock, cache, configure).await
    }

    /// Opens a gateway that counts in this cache.
    pub async fn build(
        fake: Fake,
        clock: Clock,
        cache: Arc<dyn Cache>,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let tasks = Tasks::new();
        let tokens = Tokens::new(&clock);
        let verifier = Verifier::new(Arc::new(tokens.clone()), clock.clone());
        let link = fake.link(&verifier);
        let links =
            proto::descriptors().services().map(|service| (service.full_name().to_owned(), link.clone()));
        let mut config = Config::new("127.0.0.1:0".parse().unwrap());
        configure(&mut config);
        let foundation = Foundation { clock: clock.clone(), tasks: tasks.clone() };
        let needs = Needs { foundation, links: links.collect(), cache, verifier };
        let bound = gateway::serve(config, needs).await.unwrap();
        Self { address: bound.address, tokens, clock, tasks, http: reqwest::Client::new() }
    }

    /// A request of the user.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(self.tokens.of(USER))
    }

    /// A request of nobody in particular.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).answer().await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.request(Method::POST, path).json_text(body).answer().await
    }

    /// A connection for gRPC.
    pub async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    /// A gRPC request of the user.
    pub fn grpc<M>(&self, message: M) -> tonic::Request<M> {
        let mut request = tonic::Request::new(message);
        let token = format!("Bearer {}", self.tokens.of(USER));
        request.metadata_mut().insert("authorization", token.parse().unwrap());
        request
    }
}

/// Sends, and reads all of the answer.
pub trait Send {
    fn json_text(self, body: &str) -> Self;
    async fn answer(self) -> Answer;
}

impl Send for RequestBuilder {
    fn json_text(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body.to_owned())
    }

    async fn answer(self) -> Answer {
        let response = self.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The fields a problem complains about, as `field: message`.
    pub fn errors(&self) -> Vec<String> {
        let problem = self.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| format!("{}: {}", text(&error["field"]), text(&error["message"]))).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
