//! Calls to identity providers: bounded in time and size, and never redirected.

use std::time::Duration;

use chassis::Error;
use chrono::TimeDelta;
use reqwest::header::CACHE_CONTROL;
use reqwest::{RequestBuilder, Response, StatusCode, redirect};
use serde::de::DeserializeOwned;
use url::Url;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a whole call may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most an answer may hold.
const MOST: usize = 256 * 1024;

/// Calls providers.
#[derive(Clone)]
pub struct Http(reqwest::Client);

/// A document and how long it may be kept, where its server says so.
pub struct Document<T> {
    /// What it says.
    pub content: T,
    /// The `max-age` it came with.
    pub max_age: Option<TimeDelta>,
}

impl Http {
    /// Prepares to call.
    pub fn new() -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .build();
        Ok(Self(client.map_err(Error::internal)?))
    }

    /// Fetches a document.
    pub async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<Document<T>, Error> {
        let (status, max_age, bytes) = send(self.0.get(url)).await?;
        if status != StatusCode::OK {
            return Err(Error::unavailable(format!("an identity provider answered {status}")));
        }
        let content = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
        Ok(Document { content, max_age })
    }

    /// Sends a form, with a user and password if there are. None when the provider refuses what it says.
    pub async fn post<T: DeserializeOwned>(
        &self,
        url: Url,
        form: &[(&str, &str)],
        user: Option<(&str, &str)>,
    ) -> Result<Option<T>, Error> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request =
            self.0.post(url).header("content-type", "application/x-www-form-urlencoded").body(body);
        if let Some((name, password)) = user {
            // each is encoded first (RFC 6749, section 2.3.1)
            let encode =
                |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(encode(name), Some(encode(password)));
        }
        let (status, _, bytes) = send(request.header("accept", "application/json")).await?;
        match status {
            StatusCode::OK => serde_json::from_slice(&bytes).map(Some).map_err(|_| unreadable()),
            refused if refused.is_client_error() => {
                tracing::warn!(%status, "an identity provider refused a code");
                Ok(None)
            }
            _ => Err(Error::unavailable(format!("an identity provider answered {status}"))),
        }
    }
}

async fn send(request: RequestBuilder) -> Result<(StatusCode, Option<TimeDelta>, Vec<u8>), Error> {
    // an error may show the address, and an address a code
    let mut response = request.send().await.map_err(|error| Error::unavailable(error.without_url()))?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Error::unavailable(error.without_url()))? {
        if bytes.len() + chunk.len() > MOST {
            return Err(Error::unavailable("an identity provider's answer is too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((response.status(), max_age(&response), bytes))
}

fn max_age(response: &Response) -> Option<TimeDelta> {
    let says = response.headers().get(CACHE_CONTROL)?.to_str().ok()?.to_ascii_lowercase();
    let mut words = says.split(',').map(str::trim);
    let seconds = words.find_map(|word| word.strip_prefix("max-age=")?.parse().ok());
    seconds.and_then(TimeDelta::try_seconds)
}

/// The content itself may be anything, and is not told.
fn unreadable() -> Error {
    Error::unavailable("an identity provider's answer is not what it should be")
}
