use chassis::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A message as a handler gets it. Its body is JSON that carries ids only, never health data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The same at every delivery.
    pub id: Uuid,
    /// What it is about.
    pub topic: String,
    /// JSON.
    pub body: Vec<u8>,
    /// The W3C trace context of whoever caused it.
    pub traceparent: Option<String>,
    /// Which delivery this is, from 1.
    pub attempt: u32,
    /// Whether the queue gives up if this delivery fails too, so that the handler can record the failure.
    pub last_attempt: bool,
}

impl Message {
    /// A message that has not been delivered yet.
    pub fn new(topic: &str, payload: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(payload).map_err(Error::internal)?;
        Ok(Self::restored(Uuid::now_v7(), topic.to_owned(), body, None))
    }

    pub(crate) fn restored(id: Uuid, topic: String, body: Vec<u8>, traceparent: Option<String>) -> Self {
        Self { id, topic, body, traceparent, attempt: 1, last_attempt: false }
    }

    /// The payload.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // The parser's own words may quote the body.
        let place = |e: serde_json::Error| {
            format!("message {}: {:?} at column {}", self.id, e.classify(), e.column())
        };
        serde_json::from_slice(&self.body).map_err(|e| Error::internal(place(e)))
    }
}
