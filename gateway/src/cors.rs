use std::time::Duration;

use chassis::Error;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::CorsLayer;

/// What a browser may let its page send.
const SENT: [HeaderName; 10] = [
    ACCEPT,
    AUTHORIZATION,
    CONTENT_TYPE,
    IF_MATCH,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-user-agent"),
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("traceparent"),
];

/// What a browser may let its page read, beyond the few headers it always may.
const READ: [HeaderName; 9] = [
    ETAG,
    RETRY_AFTER,
    WWW_AUTHENTICATE,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
];

/// Lets pages of these origins call; `None` when there are none, and then no browser page can.
pub fn layer(origins: &[String]) -> Result<Option<CorsLayer>, Error> {
    if origins.is_empty() {
        return Ok(None);
    }
    let bad = |_| Error::invalid("cors_origins", "must be origins such as https://app.example.org");
    let origins = origins.iter().map(HeaderValue::try_from).collect::<Result<Vec<_>, _>>().map_err(bad)?;
    // no credentials: a token is sent by the page itself, never by the browser on its own
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(SENT)
        .expose_headers(READ)
        .max_age(Duration::from_secs(3600));
    Ok(Some(layer))
}
