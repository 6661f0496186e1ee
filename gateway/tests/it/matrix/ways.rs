//! The four ways in, and what comes back by each.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use chassis::Error;
use futures_util::TryStreamExt;
use http::{HeaderMap, HeaderName};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use reqwest::RequestBuilder;
use serde_json::{Map, Value as Json};
use tonic::Status;
use tonic::transport::Channel;

use super::json as oracle;
use super::made;
use super::rpc::Rpc;
use crate::grpc::{frame, frames};
use crate::house::{Answer, House, Send};
use crate::raw::Raw;

/// What a call came to: the messages of the answer, or what was refused.
pub type Outcome = Result<Vec<DynamicMessage>, Refused>;

/// A refusal as it is told.
#[derive(Debug, PartialEq)]
pub struct Refused {
    pub status: u16,
    pub kind: String,
    pub detail: String,
    pub fields: Vec<(String, String)>,
    /// Whole seconds.
    pub retry_after: Option<u64>,
}

/// Calls a method over native gRPC.
pub async fn native(channel: Channel, rpc: &Rpc, request: tonic::Request<Bytes>) -> Outcome {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let answer = client.server_streaming(request, rpc.path.parse().unwrap(), Raw).await;
    let messages = async { answer?.into_inner().try_collect::<Vec<Bytes>>().await };
    messages.await.map(|messages| decoded(rpc, messages)).map_err(refused)
}

/// Calls a method over gRPC-web, as base64 where it is `text`.
pub async fn web(request: RequestBuilder, rpc: &Rpc, message: &[u8], text: bool) -> Outcome {
    let media = if text { "application/grpc-web-text+proto" } else { "application/grpc-web+proto" };
    let body = frame(0, message);
    let body = if text { BASE64_STANDARD.encode(body).into_bytes() } else { body };
    let request = request.header("content-type", media).header("accept", media).body(body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], media);
    let mut trailers = response.headers().clone();
    let body = response.bytes().await.unwrap();
    let mut messages = Vec::new();
    for (flags, content) in frames(if text { unbase64(&body) } else { body }) {
        match flags {
            0 => messages.push(content),
            0x80 => trailers = read_trailers(&content),
            other => panic!("a frame of kind {other}"),
        }
    }
    match Status::from_header_map(&trailers).unwrap() {
        status if status.code() == tonic::Code::Ok => Ok(decoded(rpc, messages)),
        status => Err(refused(status)),
    }
}

/// Calls a method over REST.
pub async fn rest(house: &House, rpc: &Rpc, message: &DynamicMessage, token: Option<&str>) -> Outcome {
    let mut object = oracle::write(message);
    let mut path = String::new();
    for segment in rpc.route.split('/').skip(1) {
        let bound = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        let text = bound.map_or(segment.to_owned(), |name| escaped(&object.remove(name).unwrap()));
        path = format!("{path}/{text}");
    }
    if !rpc.body {
        path = format!("{path}?{}", query(&object));
    }
    let mut request = house.anonymous(rpc.verb.clone(), &path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if rpc.body {
        request = request.json_text(&Json::Object(object).to_string());
    }
    let answer = request.answer().await;
    if answer.status.is_success() { Ok(answered(rpc, &answer)) } else { Err(problem(&answer)) }
}

fn answered(rpc: &Rpc, answer: &Answer) -> Vec<DynamicMessage> {
    let read = |text: &str| {
        let json: Json = serde_json::from_str(text).unwrap();
        made::sent(&oracle::read(&rpc.output, json.as_object().unwrap()))
    };
    match answer.header("content-type") {
        media if rpc.document.is_some() => {
            let mut document = DynamicMessage::new(rpc.output.clone());
            document.set_field_by_name("content_type", Value::String(media.to_owned()));
            document.set_field_by_name("data", Value::Bytes(answer.body.clone().into()));
            vec![document]
        }
        "text/event-stream" => {
            answer.body.lines().filter_map(|line| line.strip_prefix("data: ")).map(read).collect()
        }
        _ if answer.status == 204 => vec![oracle::read(&rpc.output, &Map::new())],
        _ => vec![read(&answer.body)],
    }
}

/// Several pieces of a document are one over REST, so they are one here too.
pub fn joined(rpc: &Rpc, messages: Vec<DynamicMessage>) -> Vec<DynamicMessage> {
    if rpc.document.is_none() {
        return messages;
    }
    let piece = |piece: &DynamicMessage| piece.get_field_by_name("data").unwrap().as_bytes().unwrap().clone();
    let mut whole = messages[0].clone();
    let data = messages.iter().map(piece).collect::<Vec<_>>().concat();
    whole.set_field_by_name("data", Value::Bytes(data.into()));
    vec![whole]
}

fn problem(answer: &Answer) -> Refused {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    assert_eq!(problem["status"], answer.status.as_u16());
    let after = answer.headers.get("retry-after");
    Refused {
        status: answer.status.as_u16(),
        kind: text(&problem["type"]),
        detail: text(&problem["detail"]),
        fields: errors.iter().map(|error| (text(&error["field"]), text(&error["message"]))).collect(),
        retry_after: after.map(|after| after.to_str().unwrap().parse().unwrap()),
    }
}

fn refused(status: Status) -> Refused {
    let code = status.code();
    let error = Error::from(status);
    assert_eq!(error.kind().code(), code);
    Refused {
        status: error.kind().http_status(),
        kind: format!("urn:praan:problem:{}", error.kind().reason().to_lowercase().replace('_', "-")),
        detail: error.message().to_owned(),
        fields: error.fields().iter().map(|fault| (fault.field.clone(), fault.message.clone())).collect(),
        retry_after: error.retry_after().map(|after| after.as_millis().div_ceil(1000) as u64),
    }
}

fn decoded(rpc: &Rpc, messages: Vec<Bytes>) -> Vec<DynamicMessage> {
    messages.into_iter().map(|message| DynamicMessage::decode(rpc.output.clone(), message).unwrap()).collect()
}

fn read_trailers(text: &[u8]) -> HeaderMap {
    let lines = std::str::from_utf8(text).unwrap().split("\r\n").filter(|line| !line.is_empty());
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.parse::<HeaderName>().unwrap(), value.trim().parse().unwrap())
    };
    lines.map(pair).collect()
}

/// Undoes base64 that was padded wherever a piece ended.
fn unbase64(text: &[u8]) -> Bytes {
    text.chunks(4).flat_map(|four| BASE64_STANDARD.decode(four).unwrap()).collect()
}

fn query(object: &Map<String, Json>) -> String {
    let pairs = object.iter().flat_map(|(name, value)| match value {
        Json::Array(items) => items.iter().map(|item| format!("{name}={}", escaped(item))).collect(),
        value => vec![format!("{name}={}", escaped(value))],
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A plain value in a path or query, where every byte is escaped that could be.
fn escaped(value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A message as the bytes that it is sent as.
pub fn bytes(message: &DynamicMessage) -> Bytes {
    message.encode_to_vec().into()
}
