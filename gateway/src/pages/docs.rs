//! The description of the API for people: Swagger UI over `/openapi.json`, all of it from this binary (`assets/README.md`).

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};
use tonic::body::Body;

use super::UNTIL_THE_NEXT_RELEASE;
use crate::{body, gzip};

/// What the page may do: run our scripts and use our styles, none of which is inline; show pictures that stand in the styles; and
/// call this origin. What it shows is our own document, so nobody else has a say in it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A file of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The page itself.
    Page,
    /// Starts the viewer.
    Start,
    /// The viewer.
    Viewer,
    /// How the viewer looks.
    Style,
}

impl File {
    /// All of them.
    pub const ALL: [File; 4] = [File::Page, File::Start, File::Viewer, File::Style];

    /// Where it is.
    pub fn path(self) -> &'static str {
        match self {
            File::Page => "docs",
            File::Start => "docs/start.js",
            File::Viewer => "docs/swagger-ui.js",
            File::Style => "docs/swagger-ui.css",
        }
    }

    /// The file as an answer.
    pub fn answer(self, headers: &HeaderMap) -> Response<Body> {
        let accepted = gzip::is_accepted(headers);
        let packed = |packed: &'static [u8]| gzip::kept(accepted, &Bytes::from_static(packed));
        let plain = |text: &'static str| Response::new(body::full(Bytes::from_static(text.as_bytes())));
        let (media, mut response) = match self {
            File::Page => ("text/html; charset=utf-8", plain(include_str!("../../assets/docs.html"))),
            File::Start => ("text/javascript; charset=utf-8", plain(include_str!("../../assets/docs.js"))),
            File::Viewer => (
                "text/javascript; charset=utf-8",
                packed(include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz")),
            ),
            File::Style => (
                "text/css; charset=utf-8",
                packed(include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz")),
            ),
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(CACHE_CONTROL, UNTIL_THE_NEXT_RELEASE);
        if self == File::Page {
            headers.insert(CONTENT_SECURITY_POLICY, POLICY);
        }
        response
    }
}
