//! Answers that are a body of their own, such as a document: their bytes are passed on as they come, under the content type
//! that they say. In a stream the first piece decides: what fails before it is a problem like any other. What fails later
//! breaks the transfer off, so that nobody takes a part for the whole.

use bytes::Bytes;
use chassis::Error;
use chassis::shutdown::Tasks;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use prost::Message;
use proto::google::api::HttpBody;
use tonic::body::Body;
use tonic::{Status, Streaming};

use crate::body;
use crate::contract::Method;

/// A body that came at once.
pub fn whole(method: &Method, answer: Bytes) -> Result<Response<Body>, Error> {
    let HttpBody { content_type, data, .. } = HttpBody::decode(answer).map_err(Error::internal)?;
    response(method, &content_type, body::full(data))
}

/// A body that comes in pieces.
pub async fn streamed(
    method: &Method,
    mut pieces: Streaming<Bytes>,
    tasks: &Tasks,
) -> Result<Response<Body>, Error> {
    let first = pieces.message().await.map_err(Error::from)?;
    let first = first.ok_or_else(|| Error::internal("a body has no first piece"))?;
    let HttpBody { content_type, data, .. } = HttpBody::decode(first).map_err(Error::internal)?;
    let rest = Rest { first: Some(data), pieces, tasks: tasks.clone(), broken: false };
    let frames = stream::unfold(rest, |mut rest| async move {
        let frame = rest.next().await?;
        Some((frame.map(|data| Frame::data(data.into())), rest))
    });
    response(method, &content_type, Body::new(StreamBody::new(frames)))
}

fn response(method: &Method, content_type: &str, body: Body) -> Result<Response<Body>, Error> {
    let promised = method.media_types.iter().flatten().any(|media| media == content_type);
    if !promised {
        return Err(Error::internal("a body is of a content type that the contract does not name"));
    }
    let mut response = Response::new(body);
    *response.status_mut() = method.success;
    let content_type = HeaderValue::try_from(content_type).map_err(Error::internal)?;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

/// What is still to be sent.
struct Rest {
    first: Option<Vec<u8>>,
    pieces: Streaming<Bytes>,
    tasks: Tasks,
    broken: bool,
}

impl Rest {
    async fn next(&mut self) -> Option<Result<Vec<u8>, Status>> {
        if self.broken {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let piece = tokio::select! {
            biased;
            () = self.tasks.stopping() => Err(Error::unavailable("the process is stopping")),
            piece = self.pieces.message() => piece.map_err(Error::from),
        };
        let data = piece.and_then(|piece| piece.map(HttpBody::decode).transpose().map_err(Error::internal));
        match data {
            Ok(piece) => piece.map(|piece| Ok(piece.data)),
            Err(error) => {
                self.broken = true;
                if error.kind().http_status() >= 500 {
                    error.log("a body was broken off");
                }
                Some(Err(error.into()))
            }
        }
    }
}
