//! The body of a request, kept where it may have to be sent again.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use tonic::Status;
use tonic::body::Body;

/// The largest body that is kept. All of ours but a full plan are far below it.
const MOST: usize = 64 * 1024;

/// A body.
pub enum Payload {
    /// Here, whole.
    Whole(Bytes),
    /// To be sent once; taken once it is.
    Once(Option<Body>),
}

impl Payload {
    /// Reads a body to its end, or as far as it may be kept.
    pub async fn read(mut body: Body) -> Result<Self, Status> {
        let mut kept = BytesMut::new();
        while let Some(frame) = body.frame().await {
            // a request has no trailers in gRPC
            let Ok(data) = frame?.into_data() else { continue };
            kept.extend_from_slice(&data);
            if kept.len() > MOST {
                let begun = stream::iter([Ok(Frame::data(kept.freeze()))]);
                let whole = StreamBody::new(begun.chain(BodyStream::new(body)));
                return Ok(Self::Once(Some(Body::new(whole))));
            }
        }
        Ok(Self::Whole(kept.freeze()))
    }

    /// The body, to be sent; nothing when it cannot be sent again.
    pub fn body(&mut self) -> Option<Body> {
        match self {
            Self::Whole(bytes) => Some(Body::new(Full::new(bytes.clone()))),
            Self::Once(body) => body.take(),
        }
    }

    /// Whether there is a body to be sent.
    pub fn is_left(&self) -> bool {
        !matches!(self, Self::Once(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bytes(body: Option<Body>) -> Option<Bytes> {
        Some(body?.collect().await.expect("it is sound").to_bytes())
    }

    #[tokio::test]
    async fn a_small_body_can_be_sent_twice_and_a_large_one_once() {
        for (size, twice) in [(0, true), (MOST, true), (MOST + 1, false), (3 * MOST, false)] {
            let sent = Bytes::from(vec![7; size]);
            let frames: Vec<_> =
                sent.chunks(1000).map(|part| Ok(Frame::data(Bytes::copy_from_slice(part)))).collect();
            let frames: Vec<Result<_, Status>> = frames;
            let mut payload =
                Payload::read(Body::new(StreamBody::new(stream::iter(frames)))).await.expect("it is sound");
            assert_eq!(bytes(payload.body()).await.as_ref(), Some(&sent), "{size}");
            assert_eq!(payload.is_left(), twice, "{size}");
            assert_eq!(bytes(payload.body()).await, twice.then_some(sent), "{size}");
        }
    }
}
