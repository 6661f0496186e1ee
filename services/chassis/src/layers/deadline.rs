//! Every request ends in time, and a handler that panics ends only its own.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::time::Instant;
use tonic::body::Body;

use super::{Concern, Inner, answer, refuse};
use crate::Error;

/// The time a request has when its caller sets none.
pub const DEFAULT: Duration = Duration::from_secs(10);
/// The most a caller can set.
const LONGEST: Duration = Duration::from_secs(60);

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Holds a request to its `grpc-timeout`, and hands what is left of it to the calls made on its behalf.
#[derive(Clone)]
pub struct Deadline;

impl Concern for Deadline {
    async fn around<S: Inner>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let end = Instant::now() + timeout(request.headers()).unwrap_or(DEFAULT).min(LONGEST);
        let work = AssertUnwindSafe(answer(next, request)).catch_unwind();
        match tokio::time::timeout_at(end, DEADLINE.scope(end, work)).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => refuse(Error::internal("a handler panicked")),
            Err(_elapsed) => refuse(Error::deadline()),
        }
    }
}

/// What is left of the current request's time; where there is no request, the most that can be set.
pub(crate) fn remaining() -> Duration {
    DEADLINE.try_with(|end| end.saturating_duration_since(Instant::now())).unwrap_or(LONGEST)
}

/// Sets the timeout of a call to what is left, unless it has a shorter one; returns it.
pub(crate) fn inject(headers: &mut HeaderMap) -> Duration {
    let left = timeout(headers).unwrap_or(DEFAULT).min(remaining());
    write(headers, left);
    left
}

/// Sets the timeout of a call.
pub fn write(headers: &mut HeaderMap, left: Duration) {
    // at most eight digits, as the gRPC protocol has it: microseconds up to 99 s
    let value = format!("{}u", left.as_micros().min(99_999_999));
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert("grpc-timeout", value);
    }
}

/// The timeout that the headers of a request name.
pub fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let n = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(n * 3600)),
        "M" => Some(Duration::from_secs(n * 60)),
        "S" => Some(Duration::from_secs(n)),
        "m" => Some(Duration::from_millis(n)),
        "u" => Some(Duration::from_micros(n)),
        "n" => Some(Duration::from_nanos(n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> Request<Body> {
        Request::builder().header("grpc-timeout", value).body(Body::empty()).unwrap()
    }

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        for (text, want) in [
            ("5S", Some(Duration::from_secs(5))),
            ("250m", Some(Duration::from_millis(250))),
            ("1H", Some(Duration::from_secs(3600))),
            ("123456789S", None),
            ("S", None),
            ("", None),
            ("5x", None),
            ("é", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_bytes(text.as_bytes()).unwrap());
            assert_eq!(timeout(&headers), want, "{text}");
        }
    }

    #[tokio::test]
    async fn the_late_and_the_panicking_get_their_status() {
        let never = tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, _>>());
        assert_eq!(Deadline.around(with("1m"), never).await.headers()["grpc-status"], "4");
        let panics = tower::service_fn(|_: Request<Body>| async { panic!("on purpose") });
        assert_eq!(Deadline.around(with("1S"), panics).await.headers()["grpc-status"], "13");
    }

    #[tokio::test]
    async fn a_call_gets_no_more_time_than_is_left() {
        let next = tower::service_fn(|_: Request<Body>| async {
            let mut headers = HeaderMap::new();
            assert!(inject(&mut headers) <= Duration::from_millis(500));
            Ok(Response::new(Body::empty()))
        });
        assert!(!Deadline.around(with("500m"), next).await.headers().contains_key("grpc-status"));
    }
}
