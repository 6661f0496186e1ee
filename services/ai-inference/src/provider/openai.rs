//! A provider that asks a model by the chat completions of OpenAI, which many servers speak, also on one's own machines.
//!
//! The model sees a small copy of the picture and nothing of whose it is. Whatever it says is held to be a stranger's word:
//! it is read by a strict schema, and what does not fit, or cannot be a meal, is refused. Neither the picture nor the answer
//! reaches a log; a status may.

use std::time::Duration;

use async_trait::async_trait;
use chassis::Error;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use tokio::time::Instant;

use super::{Provider, ProviderError};
use crate::domain::photo::Photo;
use crate::domain::reading::MealReading;
use gate::Gate;

mod answer;
mod gate;
mod question;

/// More than any answer to the question takes.
const MOST_ANSWER_BYTES: usize = 256 * 1024;
/// A reader of photos may say to come back later; later than this is not believed.
const LONGEST_REST: Duration = Duration::from_secs(600);
const REFUSED: &str = "The photo could not be read. Please enter the meal by hand.";

/// Where the model is, and how long it may take.
#[derive(Clone, Debug)]
pub struct OpenAi {
    /// What the paths of the interface begin with, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The name of the model, which must take images.
    pub model: String,
    /// The key; a server of one's own may need none.
    pub api_key: Option<ApiKey>,
    /// How long to try to reach it.
    pub connect: Duration,
    /// How long one answer may take, with the connection.
    pub answer: Duration,
    /// How long to hold a photo back while the model rests.
    pub wait: Duration,
    /// What one answer may cost, in tokens.
    pub most_tokens: u32,
}

impl OpenAi {
    /// A model with the usual patience, which fits in the patience that the worker has for one try.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>, api_key: Option<ApiKey>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            api_key,
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(25),
            wait: Duration::from_secs(15),
            most_tokens: 2_000,
        }
    }
}

/// The key to a model. It goes into a header and cannot be printed.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Takes a key, without the white space around it.
    pub fn new(key: &str) -> Result<Self, Error> {
        let header = HeaderValue::from_str(&format!("Bearer {}", key.trim()));
        let mut header =
            header.map_err(|_| Error::illegal_state("the API key has characters that no key has"))?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey")
    }
}

/// The provider that asks a model over HTTP.
pub struct OpenAiProvider {
    client: Client,
    url: Url,
    settings: OpenAi,
    model: String,
    gate: Gate,
}

/// Why there is no answer.
enum Fault {
    /// It may answer later, and perhaps says when.
    Away { why: String, rest: Option<Duration> },
    /// It will not answer this.
    Refused(&'static str),
}

impl OpenAiProvider {
    /// Checks the settings; nothing is asked yet.
    pub fn new(settings: OpenAi) -> Result<Self, Error> {
        let url = endpoint(&settings.base_url)?;
        let mut headers = HeaderMap::new();
        if let Some(ApiKey(key)) = &settings.api_key {
            headers.insert(AUTHORIZATION, key.clone());
        }
        // a photo goes where the operator said and nowhere else: no redirects, no proxy that happens to be in the environment
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .default_headers(headers)
            .connect_timeout(settings.connect)
            .timeout(settings.answer)
            .build()
            .map_err(Error::internal)?;
        let model = format!("openai/{}", settings.model);
        Ok(Self { client, url, settings, model, gate: Gate::default() })
    }

    async fn ask(&self, photo: &Photo) -> Result<Vec<u8>, Fault> {
        let question = question::about(photo, &self.settings.model, self.settings.most_tokens);
        let sent = self.client.post(self.url.clone()).json(&question).send().await;
        let response = sent.map_err(|error| away(&error))?;
        let status = response.status();
        if status.is_success() {
            return body(response).await;
        }
        if status.is_server_error() || matches!(status.as_u16(), 408 | 409 | 425 | 429) {
            return Err(Fault::Away {
                why: status.to_string(),
                rest: retry_after(status, response.headers()),
            });
        }
        tracing::error!(
            status = status.as_u16(),
            "the model's server does not take the question: is the key valid, the model there?"
        );
        Err(Fault::Refused(REFUSED))
    }
}

#[async_trait]
impl Provider for OpenAiProvider {
    fn model(&self) -> &str {
        &self.model
    }

    async fn read(&self, photo: &Photo) -> Result<MealReading, ProviderError> {
        if !self.gate.pass(self.settings.wait).await {
            return Err(ProviderError::Transient("the model rests".to_owned()));
        }
        match self.ask(photo).await {
            Ok(body) => {
                self.gate.well();
                answer::read(&body).map_err(|reason| ProviderError::Permanent(reason.to_owned()))
            }
            Err(Fault::Away { why, rest }) => {
                self.gate.ill(rest, Instant::now());
                Err(ProviderError::Transient(format!("the model's server: {why}")))
            }
            Err(Fault::Refused(reason)) => {
                self.gate.well();
                Err(ProviderError::Permanent(reason.to_owned()))
            }
        }
    }
}

fn endpoint(base_url: &str) -> Result<Url, Error> {
    let wrong = || {
        Error::illegal_state(
            "the model's base URL must be such as https://api.openai.com/v1, without a user, a query or a fragment",
        )
    };
    let url = Url::parse(&format!("{}/chat/completions", base_url.trim_end_matches('/')));
    let url = url.map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain { Ok(url) } else { Err(wrong()) }
}

/// Reads an answer for as long as it can be one.
async fn body(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| away(&error))? {
        if body.len() + chunk.len() > MOST_ANSWER_BYTES {
            return Err(Fault::Refused(answer::UNREADABLE));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// In words of our own: an HTTP client's may quote what it was sent.
fn away(error: &reqwest::Error) -> Fault {
    let why = match error {
        error if error.is_timeout() => "no answer in time",
        error if error.is_connect() => "no connection",
        _ => "the connection broke",
    };
    Fault::Away { why: why.to_owned(), rest: None }
}

fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_REST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_checked_at_the_start() {
        for (base, whole) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
            ("http://vllm:8000/v1/", "http://vllm:8000/v1/chat/completions"),
        ] {
            assert_eq!(endpoint(base).unwrap().as_str(), whole);
        }
        for bad in [
            "",
            "api.openai.com/v1",
            "file:///etc",
            "https://me:secret@x/v1",
            "https://x/v1?key=secret",
            "https://x/#",
        ] {
            let error = endpoint(bad).unwrap_err();
            assert!(!format!("{error}").contains("secret"), "{bad}");
        }
    }

    #[test]
    fn a_key_cannot_be_seen() {
        let settings = OpenAi::new("https://x/v1", "m", Some(ApiKey::new(" sk-secret\n").unwrap()));
        assert!(!format!("{settings:?}").contains("secret"));
        assert!(!format!("{}", ApiKey::new("sk-\nsecret").err().unwrap()).contains("secret"));
    }

    #[test]
    fn only_a_rest_that_was_asked_for_is_taken_and_not_for_ever() {
        let of = |status: u16, value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
            retry_after(StatusCode::from_u16(status).unwrap(), &headers)
        };
        assert_eq!(of(429, "7"), Some(Duration::from_secs(7)));
        assert_eq!(of(503, " 99999999 "), Some(LONGEST_REST));
        assert_eq!(of(429, "-1"), None);
        assert_eq!(of(500, "7"), None);
    }
}
