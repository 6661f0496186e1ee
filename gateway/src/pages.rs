//! The pages beside the contract's routes: what is here, whether it lives, and how it is described.

use std::sync::Arc;

use bytes::Bytes;
use chassis::Error;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use tonic::body::Body;

use crate::body;
use crate::contract::Segment;
use crate::health::Health;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Says where things are.
    Front,
    /// The description of the API.
    OpenApi,
    /// Whether the process lives.
    Alive,
    /// Whether it can serve.
    Ready,
}

/// Answers for all pages.
pub struct Pages {
    openapi: Bytes,
    health: Arc<Health>,
}

impl Page {
    /// All pages.
    pub const ALL: [Page; 4] = [Page::Front, Page::OpenApi, Page::Alive, Page::Ready];

    /// The page's route.
    pub fn route(self) -> Vec<Segment> {
        let name = match self {
            Page::Front => return Vec::new(),
            Page::OpenApi => "openapi.json",
            Page::Alive => "healthz",
            Page::Ready => "readyz",
        };
        vec![Segment::Fixed(name.to_owned())]
    }
}

impl Pages {
    /// Pages with this description of the API.
    pub fn new(openapi: Bytes, health: Arc<Health>) -> Self {
        Self { openapi, health }
    }

    /// Answers for a page.
    pub async fn answer(&self, page: Page) -> Result<Response<Body>, Error> {
        Ok(match page {
            Page::Front => json(Bytes::from_static(FRONT)),
            Page::OpenApi => {
                let mut response = json(self.openapi.clone());
                // the same for everybody until the next release
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
                response
            }
            Page::Alive => json(Bytes::from_static(br#"{"status":"alive"}"#)),
            Page::Ready => {
                self.health.check().await?;
                json(Bytes::from_static(br#"{"status":"ready"}"#))
            }
        })
    }
}

const FRONT: &[u8] =
    br#"{"name":"praan","openapi":"/openapi.json","alive":"/healthz","ready":"/readyz","grpc":"on this port, with reflection"}"#;

fn json(bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(body::full(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
