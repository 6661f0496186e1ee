//! REST, transcoded by the contract: a route leads to a method, path and query and JSON become its request, its answer
//! becomes JSON, and every refusal a problem.

mod document;
pub mod fields;
pub mod json;
pub mod path;
pub mod problem;
pub mod request;
pub mod response;
mod scalar;
mod wire;

use std::sync::Arc;

use bytes::Bytes;
use chassis::shutdown::Tasks;
use chassis::{Error, etag};
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body as _;
use tonic::body::Body;

use crate::contract::{Contract, Method};
use crate::entrance::Entrance;
use crate::pages::{Page, Pages};
use crate::upstream::Upstream;
use crate::visit::Visit;
use crate::{gzip, sse};
use json::Json;
use path::{Found, Tree};
use problem::Refusal;
pub use scalar::MOST_EXACT;

/// Where a route leads.
enum Target {
    Method(Arc<Method>),
    Page(Page),
}

/// The REST side of the door.
pub struct Rest {
    contract: Arc<Contract>,
    routes: Tree<Target>,
    pages: Pages,
    upstream: Arc<Upstream>,
    entrance: Arc<Entrance>,
    tasks: Tasks,
}

impl Rest {
    /// Serves the contract's routes, and the pages about them.
    pub fn new(
        contract: Arc<Contract>,
        pages: Pages,
        upstream: Arc<Upstream>,
        entrance: Arc<Entrance>,
        tasks: Tasks,
    ) -> Self {
        let mut routes = Tree::default();
        for method in contract.methods() {
            routes.insert(&method.template, method.verb.clone(), Target::Method(method.clone()));
        }
        for page in Page::all() {
            routes.insert(&page.route(), http::Method::GET, Target::Page(page));
        }
        Self { contract, routes, pages, upstream, entrance, tasks }
    }

    /// Answers a request.
    pub async fn answer(&self, visit: Visit, request: Request<Body>) -> Response<Body> {
        let head = request.method() == http::Method::HEAD;
        let answer = self.serve(visit, request).await;
        let mut response = answer.unwrap_or_else(|refusal| refusal.response(visit.request_id));
        // answers are about one person's health; nothing on the way keeps them
        response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if head {
            let length = response.body().size_hint().exact();
            response = response.map(|_| Body::empty());
            if let Some(length) = length.filter(|length| *length > 0) {
                response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
            }
        }
        response
    }

    async fn serve(&self, visit: Visit, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        visit.check()?;
        let (parts, body) = request.into_parts();
        match self.routes.find(&parts.method, parts.uri.path()) {
            Found::Target(Target::Page(page), _) => Ok(self.pages.answer(*page, &parts.headers).await?),
            Found::Target(Target::Method(method), values) => {
                let entered = self.entrance.enter(method, visit, &parts.headers, body, None).await;
                let answer = match entered.body {
                    Ok(body) => self.call(method, visit, &parts, &body.bytes, &values).await,
                    Err(error) => Err(error),
                };
                let mut response =
                    answer.unwrap_or_else(|error| Refusal::Error(error).response(visit.request_id));
                entered.admission.stamp(response.headers_mut());
                method.deprecation.iter().for_each(|deprecation| deprecation.stamp(response.headers_mut()));
                response.extensions_mut().insert(method.clone());
                Ok(response)
            }
            Found::OtherVerbs(verbs) => {
                Err(Refusal::Verb(verbs.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(", ")))
            }
            Found::Nothing => Err(Error::not_found("there is no such route").into()),
        }
    }

    async fn call(
        &self,
        method: &Arc<Method>,
        visit: Visit,
        parts: &Parts,
        body: &Bytes,
        values: &[String],
    ) -> Result<Response<Body>, Error> {
        if !method.conditional && method.verb != http::Method::GET && parts.headers.contains_key(IF_MATCH) {
            // whoever sets a condition must not be told of success when nobody looked
            return Err(Error::invalid("if-match", "is not heeded by this method"));
        }
        let message = message(&self.contract, method, parts, body, values)?;
        let rename =
            |error: Error| error.map_fields(|path| fields::rest_path(&self.contract, method.input, path));
        if method.streaming {
            let stream = self.upstream.stream(method, &parts.headers, message).await.map_err(rename)?;
            if method.media_types.is_some() {
                return document::streamed(method, stream, &self.tasks).await.map_err(rename);
            }
            return Ok(sse::response(self.contract.clone(), method.clone(), visit, stream, &self.tasks));
        }
        let answer = self.upstream.unary(method, &parts.headers, message).await.map_err(rename)?;
        if method.media_types.is_some() {
            return document::whole(method, answer);
        }
        self.response(method, parts, answer)
    }

    fn response(&self, method: &Method, parts: &Parts, answer: Bytes) -> Result<Response<Body>, Error> {
        let shape = self.contract.shape(method.output);
        let mut status = method.success;
        let tag = method.tagged.then(|| etag::of(&answer));
        let mut response = if status == StatusCode::NO_CONTENT {
            Response::new(Body::empty())
        } else {
            let message = response::Fields::read(&answer)?;
            // JSON takes two or three times as much as the wire
            let mut out = Vec::with_capacity(256 + 3 * answer.len());
            response::write(&mut out, &self.contract, shape, &message)?;
            let outcome = method.outcomes.iter().find(|outcome| {
                let printed = response::printed(&self.contract, shape, &outcome.field, &message);
                printed.is_some_and(|printed| printed == outcome.value)
            });
            status = outcome.map_or(status, |outcome| outcome.success);
            let compressed = gzip::is_accepted(&parts.headers) && !method.anonymous;
            let mut response = gzip::answer(compressed, out);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if method.located
                && let Some(id) = response::printed(&self.contract, shape, "id", &message)
            {
                let location = format!("{}/{id}", parts.uri.path());
                let location = HeaderValue::try_from(location).map_err(Error::internal)?;
                response.headers_mut().insert(LOCATION, location);
            }
            response
        };
        if let Some(tag) = tag {
            let compressed = response.headers().contains_key(CONTENT_ENCODING);
            let tag = format!("\"{tag}{}\"", if compressed { etag::COMPRESSED } else { "" });
            response.headers_mut().insert(ETAG, HeaderValue::try_from(tag).map_err(Error::internal)?);
        }
        *response.status_mut() = status;
        Ok(response)
    }
}

/// The request message of a method, from everywhere REST puts it.
pub fn message(
    contract: &Contract,
    method: &Method,
    parts: &Parts,
    body: &Bytes,
    values: &[String],
) -> Result<Bytes, Error> {
    let shape = contract.shape(method.input);
    let bound: Vec<&str> = method.variables().collect();
    let query = path::query(parts.uri.query().unwrap_or_default())
        .ok_or_else(|| Error::invalid("query", "is not well escaped"))?;
    let document = document(method, &parts.headers, body)?;
    let resumed =
        if method.streaming && method.media_types.is_none() { sse::resumed(&parts.headers) } else { None };

    let mut out = Vec::with_capacity(body.len() + 64);
    let mut writer = request::Writer::new(contract);
    if let Some(document) = &document {
        writer.body(&mut out, shape, &bound, document);
    }
    if method.body {
        writer.no_query(&query);
    } else {
        writer.query(&mut out, shape, &bound, &query);
    }
    for (name, value) in bound.iter().zip(values) {
        writer.parameter_named(&mut out, shape, name, value);
    }
    if let Some(id) = resumed {
        writer.parameter_named(&mut out, shape, sse::RESUME_FIELD, id);
    }
    writer.finish()?;
    Ok(out.into())
}

/// The body as JSON. No body at all is as good as an empty object.
fn document<'b>(method: &Method, headers: &HeaderMap, body: &'b Bytes) -> Result<Option<Json<'b>>, Error> {
    if body.is_empty() {
        return Ok(None);
    }
    if !method.body {
        return Err(Error::invalid("body", "must be empty"));
    }
    let media = headers.get(CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|coding| coding == "identity");
    if !essence.eq_ignore_ascii_case("application/json") || !plain {
        return Err(Error::unsupported_media("a body is application/json, and not compressed"));
    }
    let read = Json::parse(body);
    // says where, and what would have been expected; never what was there
    read.map(Some).map_err(|error| Error::invalid("body", format!("is not valid JSON: {error}")))
}
