//! The pages beside the contract's routes: what is here, whether it lives, and how it is described.

mod docs;

use std::sync::Arc;

use bytes::Bytes;
use chassis::Error;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};
use tonic::body::Body;

use crate::contract::Segment;
use crate::health::Health;
use crate::{body, gzip};
use docs::File;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Says where things are.
    Front,
    /// The description of the API.
    OpenApi,
    /// The same to read, and to try out.
    Docs(File),
    /// Whether the process lives.
    Alive,
    /// Whether it can serve.
    Ready,
}

/// Answers for all pages.
pub struct Pages {
    /// Compressed.
    openapi: Bytes,
    health: Arc<Health>,
}

impl Page {
    /// All pages.
    pub fn all() -> impl Iterator<Item = Page> {
        let docs = File::ALL.into_iter().map(Page::Docs);
        [Page::Front, Page::OpenApi, Page::Alive, Page::Ready].into_iter().chain(docs)
    }

    /// The page's route.
    pub fn route(self) -> Vec<Segment> {
        let path = match self {
            Page::Front => return Vec::new(),
            Page::OpenApi => "openapi.json",
            Page::Docs(file) => file.path(),
            Page::Alive => "healthz",
            Page::Ready => "readyz",
        };
        path.split('/').map(|name| Segment::Fixed(name.to_owned())).collect()
    }
}

impl Pages {
    /// Pages with this description of the API.
    pub fn new(openapi: &[u8], health: Arc<Health>) -> Self {
        Self { openapi: gzip::keep(openapi), health }
    }

    /// Answers for a page.
    pub async fn answer(&self, page: Page, headers: &HeaderMap) -> Result<Response<Body>, Error> {
        Ok(match page {
            Page::Front => json(Bytes::from_static(FRONT)),
            Page::OpenApi => {
                let mut response = gzip::kept(gzip::is_accepted(headers), &self.openapi);
                response.headers_mut().insert(CONTENT_TYPE, JSON);
                response.headers_mut().insert(CACHE_CONTROL, UNTIL_THE_NEXT_RELEASE);
                response
            }
            Page::Docs(file) => file.answer(headers),
            Page::Alive => json(Bytes::from_static(br#"{"status":"alive"}"#)),
            Page::Ready => {
                self.health.check().await?;
                json(Bytes::from_static(br#"{"status":"ready"}"#))
            }
        })
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The same for everybody, and for some time.
const UNTIL_THE_NEXT_RELEASE: HeaderValue = HeaderValue::from_static("public, max-age=300");
const FRONT: &[u8] =
    br#"{"name":"praan","docs":"/docs","openapi":"/openapi.json","alive":"/healthz","ready":"/readyz","grpc":"on this port, with reflection"}"#;

fn json(bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(body::full(bytes));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
