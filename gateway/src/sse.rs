//! A stream of answers as server-sent events (HTML, section 9.2): the `id` of a message resumes the stream, its `kind` names
//! the event, and a comment now and then keeps what stands in between from hanging up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chassis::Error;
use chassis::shutdown::Tasks;
use futures_util::{Stream, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tonic::body::Body;
use tonic::{Status, Streaming};

use crate::contract::{Contract, Method};
use crate::rest::{problem, response as json};
use crate::visit::Visit;

/// The field of a request that `Last-Event-ID` fills.
pub const RESUME_FIELD: &str = "after_event_id";

/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Where a client that was cut off wants to go on.
pub fn resumed(headers: &HeaderMap) -> Option<&str> {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty())
}

/// The stream as an answer. It ends with the upstream's, or when the process stops; the client then comes again.
pub fn response(
    contract: Arc<Contract>,
    method: Arc<Method>,
    visit: Visit,
    messages: Streaming<Bytes>,
    tasks: &Tasks,
) -> Response<Body> {
    let keep_alive = every(KEEP_ALIVE);
    let events = Events { contract, method, visit, messages, keep_alive, tasks: tasks.clone(), ended: false };
    let mut response = Response::new(Body::new(StreamBody::new(events.frames())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would hold events back until it has a buffer full of them
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

struct Events {
    contract: Arc<Contract>,
    method: Arc<Method>,
    visit: Visit,
    messages: Streaming<Bytes>,
    keep_alive: Interval,
    tasks: Tasks,
    ended: bool,
}

impl Events {
    fn frames(self) -> impl Stream<Item = Result<Frame<Bytes>, Status>> + Send + 'static {
        stream::unfold(self, |mut events| async move {
            let text = events.next().await?;
            Some((Ok(Frame::data(text.into())), events))
        })
    }

    async fn next(&mut self) -> Option<Vec<u8>> {
        if self.ended {
            return None;
        }
        let message = tokio::select! {
            biased;
            () = self.tasks.stopping() => return None,
            message = self.messages.message() => message,
            _ = self.keep_alive.tick() => return Some(b":\n\n".to_vec()),
        };
        self.keep_alive.reset();
        let event = match message {
            Ok(Some(message)) => self.event(message),
            Ok(None) => return None,
            Err(status) => Err(status.into()),
        };
        Some(event.unwrap_or_else(|error| self.farewell(&error)))
    }

    fn event(&self, message: Bytes) -> Result<Vec<u8>, Error> {
        let shape = self.contract.shape(self.method.output);
        let message = json::Fields::read(&message)?;
        let plain = |name| json::printed(&self.contract, shape, name, &message);
        let mut out = Vec::with_capacity(256);
        if let Some(id) = plain("id") {
            out.extend_from_slice(format!("id: {id}\n").as_bytes());
        }
        let kind = plain("kind").map_or_else(|| "message".to_owned(), |kind| kind.to_ascii_lowercase());
        out.extend_from_slice(format!("event: {kind}\ndata: ").as_bytes());
        // JSON as we write it holds no line break
        json::write(&mut out, &self.contract, shape, &message)?;
        out.extend_from_slice(b"\n\n");
        Ok(out)
    }

    /// The status line has long been sent, so the problem comes as the last event. Not named `error`, which is what
    /// EventSource calls the end of a connection.
    fn farewell(&mut self, error: &Error) -> Vec<u8> {
        self.ended = true;
        if error.kind().http_status() >= 500 {
            error.log("a stream of events failed");
        }
        let problem = problem::json(error, self.visit.request_id);
        [b"event: problem\ndata: ", problem.as_slice(), b"\n\n"].concat()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use uuid::Uuid;

    use super::*;
    use crate::upstream::Raw;

    #[tokio::test]
    async fn a_silent_stream_says_that_it_is_alive() {
        let contract = Arc::new(Contract::read(proto::descriptors()).unwrap());
        let events = |method: &&Arc<Method>| method.streaming && method.media_types.is_none();
        let method = contract.methods().find(events).unwrap().clone();
        let silence = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Status>>());
        let events = Events {
            visit: Visit {
                request_id: Uuid::nil(),
                address: [0, 0, 0, 0].into(),
                bad_id: false,
                bad_host: false,
            },
            messages: Streaming::new_empty(Raw, silence),
            keep_alive: every(Duration::from_millis(1)),
            tasks: Tasks::new(),
            ended: false,
            contract,
            method,
        };
        let mut frames = std::pin::pin!(events.frames());
        for _ in 0..2 {
            let frame = frames.next().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), ":\n\n");
        }
    }
}
