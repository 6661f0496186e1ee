//! Who calls. A method for users passes only with a valid access token, as its contract says.

use http::{HeaderMap, Request, Response};
use proto::Access;
use tonic::body::Body;
use uuid::Uuid;

use super::{Concern, Inner, answer, refuse, stay};
use crate::auth::Verifier;
use crate::etag::IfMatch;
use crate::{Error, Origin, verbose};

/// The header of the request id, over HTTP and gRPC alike.
pub const REQUEST_ID: &str = "x-request-id";
/// The header in which the gateway tells the client's address. The gateway drops it from what comes from outside.
pub const CLIENT_ADDRESS: &str = "x-praan-client-address";
/// The header in which the gateway tells what the client calls itself, under the same rule.
pub const CLIENT_AGENT: &str = "x-praan-client-agent";

tokio::task_local! {
    static CURRENT: Origin;
}

/// Puts the [`crate::User`], the [`Origin`] and the [`IfMatch`] of a request beside it.
#[derive(Clone)]
pub struct Caller(pub Verifier);

impl Concern for Caller {
    async fn around<S: Inner>(&self, mut request: Request<Body>, next: S) -> Response<Body> {
        let mut stays = None;
        match proto::access(request.uri().path()) {
            None => return refuse(Error::unimplemented("there is no such method")),
            Some(Access::User) => match self.user(request.headers()).await {
                Ok(user) => {
                    request.extensions_mut().insert(user);
                    stays = bearer(request.headers()).filter(|_| proto::streaming(request.uri().path()));
                }
                Err(error) => return refuse(error),
            },
            Some(Access::Anonymous | Access::Internal) => {}
        }
        let stays = stays.map(str::to_owned);
        let origin = origin(request.headers());
        let if_match = IfMatch::read(request.headers());
        request.extensions_mut().insert(origin.clone());
        request.extensions_mut().insert(if_match);
        let response = CURRENT.scope(origin, answer(next, request)).await;
        match stays {
            Some(token) => response.map(|body| stay::while_good(token, self.0.clone(), body)),
            None => response,
        }
    }
}

impl Caller {
    async fn user(&self, headers: &HeaderMap) -> Result<crate::User, Error> {
        let token = bearer(headers).ok_or_else(|| Error::unauthenticated("an access token is required"))?;
        self.0.user(token).await
    }
}

/// The bearer token of a request (RFC 6750).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Names the current request, and where it came from, in the headers of a call made on its behalf.
pub(crate) fn inject(headers: &mut HeaderMap) {
    if headers.contains_key(REQUEST_ID) {
        return;
    }
    let current = CURRENT.try_with(Origin::clone);
    let Origin { request_id, address, verbose, .. } =
        current.unwrap_or_else(|_| Origin { request_id: Uuid::new_v4(), ..Origin::default() });
    if let Ok(value) = http::HeaderValue::try_from(request_id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    if let Some(Ok(value)) = address.map(http::HeaderValue::try_from) {
        headers.insert(CLIENT_ADDRESS, value);
    }
    if verbose {
        headers.insert(verbose::MARK, http::HeaderValue::from_static("1"));
    }
}

fn origin(headers: &HeaderMap) -> Origin {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let request_id = text(REQUEST_ID).and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_else(Uuid::new_v4);
    let [address, user_agent] = [CLIENT_ADDRESS, CLIENT_AGENT].map(|name| text(name).map(str::to_owned));
    Origin { request_id, address, user_agent, verbose: verbose::marked(headers).is_some() }
}
