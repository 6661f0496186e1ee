//! A stream lasts no longer than the session it was opened in, and no longer than its access token. What is asked once of a
//! request is asked of a stream again and again; the client comes back with a new token, and goes on where it was.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Status;
use tonic::body::Body;

use crate::auth::Verifier;

/// How often to ask: somewhat less than the second after which a revoked session shows nothing more, since asking takes its time
/// too.
const PULSE: Duration = Duration::from_millis(800);

/// The body of an answer, for as long as the token it was asked for with is good.
pub fn while_good(token: String, verifier: Verifier, body: Body) -> Body {
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stay = Stay { body, verifier, token, pulse, over: false };
    Body::new(StreamBody::new(stream::unfold(stay, |mut stay| async move {
        let frame = stay.next().await?;
        Some((frame, stay))
    })))
}

struct Stay {
    body: Body,
    verifier: Verifier,
    token: String,
    pulse: Interval,
    over: bool,
}

impl Stay {
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, Status>> {
        while !self.over {
            tokio::select! {
                biased;
                // nothing is told while it is asked
                _ = self.pulse.tick() => if let Err(refused) = self.verifier.user_now(&self.token).await {
                    self.over = true;
                    return Some(last_word(&refused.into()));
                },
                frame = self.body.frame() => return frame,
            }
        }
        None
    }
}

fn last_word(status: &Status) -> Result<Frame<Bytes>, Status> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers)?;
    Ok(Frame::trailers(trailers))
}
