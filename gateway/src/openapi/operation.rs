use serde_json::{Map, Value, json};

use super::comments::Comments;
use super::constraints;
use super::schema::Schemas;
use crate::contract::{Contract, Field, Method};
use crate::sse;

/// A method as an operation.
pub fn operation(
    contract: &Contract,
    comments: &Comments,
    schemas: &mut Schemas<'_>,
    method: &Method,
) -> Value {
    let about = comments.method(&method.descriptor);
    let name = method.descriptor.name();
    let mut operation = json!({
        "operationId": name[..1].to_ascii_lowercase() + &name[1..],
        "tags": [tag(&method.service)],
        "summary": about.split(". ").next().unwrap_or_default().trim_end_matches('.'),
        "description": about,
        "parameters": parameters(contract, schemas, method),
        "responses": responses(schemas, method),
    });
    if method.body {
        let bound: Vec<&str> = method.variables().collect();
        let schema = schemas.message_without(method.input, &bound);
        let shape = contract.shape(method.input);
        let wanted = |field: &Field| constraints::required(field) && !bound.contains(&field.name());
        let required = !shape.unions.is_empty() || shape.fields.iter().any(wanted);
        operation["requestBody"] =
            json!({"required": required, "content": {"application/json": {"schema": schema}}});
    }
    if method.body && method.body_mebibytes > 1 {
        operation["x-body-mebibytes"] = json!(method.body_mebibytes);
    }
    if method.anonymous {
        operation["security"] = json!([]);
    }
    if method.deprecation.is_some() {
        operation["deprecated"] = json!(true);
    }
    if method.per_minute > 0 {
        operation["x-requests-per-minute"] = json!(method.per_minute);
    }
    operation
}

/// The group of a service's operations.
pub fn tag(service: &str) -> &str {
    let name = service.rsplit('.').next().unwrap_or(service);
    name.strip_suffix("Service").unwrap_or(name)
}

/// The name of the response with a problem of this status.
pub fn problem_name(status: u16) -> String {
    format!("Problem{status}")
}

fn parameters(contract: &Contract, schemas: &mut Schemas<'_>, method: &Method) -> Vec<Value> {
    let shape = contract.shape(method.input);
    let mut parameters = vec![json!({"$ref": "#/components/parameters/RequestId"})];
    if method.conditional {
        parameters.push(json!({"$ref": "#/components/parameters/IfMatch"}));
    }
    for name in method.variables() {
        if let Some(field) = shape.field(name) {
            parameters.push(
                json!({"name": name, "in": "path", "required": true, "schema": schemas.parameter(field)}),
            );
        }
    }
    if !method.body {
        let taken: Vec<&str> = method.variables().collect();
        for field in
            shape.fields.iter().filter(|field| field.takes_parameter() && !taken.contains(&field.name()))
        {
            parameters.push(json!({"name": field.name(), "in": "query", "schema": schemas.parameter(field)}));
        }
    }
    if method.streaming && method.media_types.is_none() && shape.field(sse::RESUME_FIELD).is_some() {
        let about = "The id of the last event seen; goes before the parameter of the same meaning.";
        parameters.push(json!({"name": "Last-Event-ID", "in": "header", "description": about, "schema": {"type": "string"}}));
    }
    parameters
}

fn responses(schemas: &mut Schemas<'_>, method: &Method) -> Map<String, Value> {
    let mut responses = Map::new();
    let statuses = method.outcomes.iter().map(|outcome| outcome.success).chain([method.success]);
    for status in statuses {
        let mut response = json!({
            "description": status.canonical_reason().unwrap_or("Success"),
            "headers": {"X-Request-ID": {"schema": {"type": "string", "format": "uuid"}}},
        });
        if method.tagged {
            response["headers"]["ETag"] =
                json!({"description": "The version of what is shown.", "schema": {"type": "string"}});
        }
        if method.located {
            response["headers"]["Location"] = json!({"description": "Where what was made is found.", "schema": {"type": "string", "format": "uri-reference"}});
        }
        if status != http::StatusCode::NO_CONTENT {
            response["content"] = content(schemas, method);
        }
        responses.insert(status.as_str().to_owned(), response);
    }
    for status in problems(method) {
        let name = problem_name(status);
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
    responses
}

/// What an answer consists of, by its content type.
fn content(schemas: &mut Schemas<'_>, method: &Method) -> Value {
    let Some(media_types) = &method.media_types else {
        let media = if method.streaming { "text/event-stream" } else { "application/json" };
        return json!({media: {"schema": schemas.message(method.output)}});
    };
    let schema = |media: &str| match media.ends_with("json") {
        true => json!({"type": "object"}),
        // as bytes, of which JSON Schema has nothing to say
        false => json!({}),
    };
    media_types.iter().map(|media| (media.clone(), json!({"schema": schema(media)}))).collect()
}

/// The statuses of the problems that a method can answer with.
fn problems(method: &Method) -> Vec<u16> {
    let mut statuses = vec![400, 429, 500, 503, 504];
    if !method.anonymous {
        statuses.extend([401, 403, 409]);
    }
    if method.body {
        statuses.extend([408, 413, 415]);
    }
    if method.anonymous && method.body {
        statuses.extend([401, 409]);
    }
    if method.conditional {
        statuses.push(412);
    }
    if method.verb == http::Method::POST {
        statuses.push(422);
    }
    statuses
}
