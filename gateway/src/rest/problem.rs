//! Refusals as RFC 9457 has them. The kinds and their statuses are the chassis's; here they only get their HTTP form.

use chassis::{Error, FieldError, Kind};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use tonic::body::Body;
use uuid::Uuid;

use crate::body;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request got no answer.
pub enum Refusal {
    /// An error of the house.
    Error(Error),
    /// The path exists, the verb does not; these do.
    Verb(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Error(error)
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    request_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem<'a>>,
}

#[derive(Serialize)]
struct FieldProblem<'a> {
    field: &'a str,
    message: &'a str,
}

impl<'a> From<&'a FieldError> for FieldProblem<'a> {
    fn from(FieldError { field, message }: &'a FieldError) -> Self {
        Self { field, message }
    }
}

impl Refusal {
    /// The refusal as an answer.
    pub fn response(self, request_id: Uuid) -> Response<Body> {
        match self {
            Refusal::Error(error) => of_error(&error, request_id),
            Refusal::Verb(allowed) => {
                let mut response = render(&Problem {
                    r#type: type_of("METHOD_NOT_ALLOWED"),
                    title: "Method not allowed",
                    status: 405,
                    detail: "this route does not take that method",
                    request_id,
                    retry_after_ms: None,
                    errors: Vec::new(),
                });
                if let Ok(allowed) = HeaderValue::try_from(allowed) {
                    response.headers_mut().insert(ALLOW, allowed);
                }
                response
            }
        }
    }
}

/// An error as the JSON of a problem, for those who have no status line.
pub fn json(error: &Error, request_id: Uuid) -> Vec<u8> {
    encode(&problem(error, request_id))
}

/// The type of a problem, by the reason of its kind.
pub fn type_of(reason: &str) -> String {
    format!("urn:praan:problem:{}", reason.to_ascii_lowercase().replace('_', "-"))
}

fn of_error(error: &Error, request_id: Uuid) -> Response<Body> {
    let kind = error.kind();
    // a crowd is counted, and not written down one by one
    if kind.http_status() >= 500 && kind != Kind::Overloaded {
        error.log("a request failed");
    }
    let mut response = render(&problem(error, request_id));
    let headers = response.headers_mut();
    if kind == Kind::Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(after) = error.retry_after() {
        let seconds = u64::try_from(after.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}

fn problem(error: &Error, request_id: Uuid) -> Problem<'_> {
    let kind = error.kind();
    Problem {
        r#type: type_of(kind.reason()),
        title: kind.title(),
        status: kind.http_status(),
        detail: error.message(),
        request_id,
        retry_after_ms: error.retry_after().map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        errors: error.fields().iter().map(FieldProblem::from).collect(),
    }
}

fn render(problem: &Problem<'_>) -> Response<Body> {
    let mut response = Response::new(body::full(encode(problem)));
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

fn encode(problem: &Problem<'_>) -> Vec<u8> {
    // texts and numbers: there is nothing in it that JSON could not hold
    serde_json::to_vec(problem).unwrap_or_default()
}
