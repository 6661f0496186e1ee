//! The description of the API (OpenAPI 3.1), made from the same descriptors that serve it, so that it cannot say anything else.

mod comments;
mod constraints;
mod operation;
mod schema;

use bytes::Bytes;
use chassis::Kind;
use serde_json::{Map, Value, json};

use crate::contract::Contract;
use crate::rest::problem::{MEDIA_TYPE, type_of};

/// The document, as JSON.
pub fn document(contract: &Contract) -> Bytes {
    let comments = comments::Comments::read(proto::descriptors());
    let mut schemas = schema::Schemas::new(contract, &comments);
    let mut methods: Vec<_> = contract.methods().collect();
    methods.sort_by_key(|method| (method.service.clone(), method.descriptor.index()));

    let mut paths = Map::new();
    for method in &methods {
        let operation = operation::operation(contract, &comments, &mut schemas, method);
        let path = paths.entry(method.route.as_ref()).or_insert_with(|| json!({}));
        path[method.verb.as_str().to_ascii_lowercase()] = operation;
    }
    let tags = contract.services().into_iter().map(|service| {
        let about = methods.iter().find(|method| method.service == service);
        let about = about.map(|method| comments.service(method.descriptor.parent_service()));
        json!({"name": operation::tag(service), "description": about})
    });
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Praan", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "parameters": {"RequestId": request_id(), "IfMatch": if_match()},
            "responses": problems(),
            "schemas": schemas.finish(problem()),
        },
    });
    document.to_string().into()
}

const ABOUT: &str = "Names are snake_case, whole numbers are numbers, times are RFC 3339. A field that is not known is refused. \
    Whatever is not yours answers 403, whether it exists or not. The same methods are served as gRPC and gRPC-web on this port.";

fn request_id() -> Value {
    json!({
        "name": "X-Request-ID",
        "in": "header",
        "description": "Names the request. A POST that is sent again with the same id and body happens once and gets the same answer; \
            with another body it gets 422. Left out, the gateway picks one; every answer carries it.",
        "schema": {"type": "string", "format": "uuid"},
    })
}

fn if_match() -> Value {
    json!({
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` of what was seen. When it has changed since, nothing is done, and the answer is 412.",
        "schema": {"type": "string"},
    })
}

/// The statuses of problems, and the kinds that have them.
fn statuses() -> impl Iterator<Item = (u16, Vec<Kind>)> {
    let mut statuses: Vec<u16> = Kind::all().map(Kind::http_status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
        .into_iter()
        .map(|status| (status, Kind::all().filter(|kind| kind.http_status() == status).collect()))
}

fn problems() -> Map<String, Value> {
    let response = |(status, kinds): (u16, Vec<Kind>)| {
        let titles: Vec<_> = kinds.into_iter().map(Kind::title).collect();
        let mut headers = json!({"X-Request-ID": {"schema": {"type": "string", "format": "uuid"}}});
        if matches!(status, 429 | 503) {
            headers["Retry-After"] =
                json!({"description": "In seconds.", "schema": {"type": "integer", "minimum": 1}});
        }
        let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
        let response =
            json!({"description": titles.join("; "), "headers": headers, "content": {MEDIA_TYPE: problem}});
        (operation::problem_name(status), response)
    };
    statuses().map(response).collect()
}

fn problem() -> Value {
    let types: Vec<_> =
        Kind::all().map(|kind| type_of(kind.reason())).chain([type_of("METHOD_NOT_ALLOWED")]).collect();
    json!({
        "type": "object",
        "description": "Why a request got no answer (RFC 9457).",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "examples": types},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "request_id": {"type": "string", "format": "uuid"},
            "retry_after_ms": {"type": "integer", "description": "When to try again, where that is of use: `Retry-After`, to the millisecond."},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": {
                        "field": {"type": "string", "description": "The path of the field, such as `payload.items[0].name`."},
                        "message": {"type": "string"},
                    },
                },
            },
        },
    })
}
