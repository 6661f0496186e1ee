use std::sync::Arc;
use std::time::Duration;

use chassis::Error;
use http::StatusCode;
use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, ReflectMessage, Value};

use super::shapes::Shapes;
use super::{Deprecation, ShapeId, extension, flag, number, text, unfit};
use crate::turnstile::Class;

/// The message that is a body as it stands.
const BODY: &str = "google.api.HttpBody";

/// A public method.
pub struct Method {
    /// Its gRPC path, such as `/package.Service/Method`.
    pub path: PathAndQuery,
    /// The full name of its service.
    pub service: String,
    /// Its name in the contract.
    pub descriptor: MethodDescriptor,
    /// The HTTP verb of its route.
    pub verb: http::Method,
    /// The path of its route, as the contract writes it.
    pub route: Arc<str>,
    /// The same, taken apart.
    pub template: Vec<Segment>,
    /// Whether the request travels in the body, apart from what the path holds.
    pub body: bool,
    /// The shape of the request.
    pub input: ShapeId,
    /// The shape of the answer.
    pub output: ShapeId,
    /// Whether it answers with a stream.
    pub streaming: bool,
    /// The content types it answers with, where its answer is a body of its own and not the JSON of a message.
    pub media_types: Option<Vec<String>>,
    /// Whether it needs no access token.
    pub anonymous: bool,
    /// Whether it heeds `If-Match`.
    pub conditional: bool,
    /// Whether its answer tells the version, to be given as `If-Match`.
    pub tagged: bool,
    /// Whether what it makes has a route of its own: that of the method, and then the `id` of the answer.
    pub located: bool,
    /// When it goes away.
    pub deprecation: Option<Deprecation>,
    /// How much it matters when there is too much to do.
    pub class: Class,
    /// The requests a minute one caller may send to it; 0 sets no limit of its own.
    pub per_minute: u32,
    /// The most the body of a request may hold, in MiB.
    pub body_mebibytes: u32,
    /// The time a request has where its caller sets none; none for the time that any has.
    pub patience: Option<Duration>,
    /// The HTTP status of success.
    pub success: StatusCode,
    /// Statuses that replace `success`, by what stands in the answer.
    pub outcomes: Vec<Outcome>,
}

/// A status of success that depends on the answer.
pub struct Outcome {
    /// The field of the answer that decides.
    pub field: String,
    /// The value that it has then, as REST prints it.
    pub value: String,
    /// The HTTP status.
    pub success: StatusCode,
}

/// A part of a route between two slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Stands as it is.
    Fixed(String),
    /// Holds the field of the request that is so named.
    Variable(String),
}

impl Method {
    /// Reads a method; `None` when it is not public.
    pub(super) fn read(method: &MethodDescriptor, shapes: &mut Shapes) -> Result<Option<Self>, Error> {
        let name = method.full_name();
        let options = method.options();
        let Some(Value::Message(http)) = extension(&options, "google.api.http") else { return Ok(None) };
        if method.is_client_streaming() {
            return Err(unfit(name, "a public method takes one request"));
        }
        let (verb, route) =
            route(&http).ok_or_else(|| unfit(name, "its route has no verb of the common five"))?;
        let body = match text(&http, "body").as_str() {
            "" => false,
            "*" => true,
            _ => return Err(unfit(name, "a body is the whole request or nothing")),
        };
        let service = method.parent_service().full_name().to_owned();
        let path = format!("/{service}/{}", method.name()).parse();
        let rule = match extension(&options, "edge.v1.rule") {
            Some(Value::Message(rule)) => Some(rule),
            _ => None,
        };
        let media_types = rule.as_ref().map(media_types).unwrap_or_default();
        let is_body = method.output().full_name() == BODY;
        if is_body == media_types.is_empty() {
            return Err(unfit(name, "a body says by media_types what it may be, and nothing else does"));
        }
        let read = Self {
            path: path.map_err(Error::internal)?,
            service,
            descriptor: method.clone(),
            verb,
            template: template(&route)
                .ok_or_else(|| unfit(name, "its route has a pattern we do not read"))?,
            route: route.into(),
            body,
            input: shapes.add(&method.input())?,
            output: shapes.add(&method.output())?,
            streaming: method.is_server_streaming(),
            media_types: is_body.then_some(media_types),
            anonymous: rule.as_ref().is_some_and(|rule| flag(rule, "anonymous")),
            conditional: rule.as_ref().is_some_and(|rule| flag(rule, "conditional")),
            tagged: false,
            located: false,
            deprecation: Deprecation::read(method)?,
            class: rule.as_ref().map_or(Class::Plain, class),
            per_minute: rule.as_ref().map_or(0, |rule| number(rule, "requests_per_minute").unsigned_abs()),
            body_mebibytes: rule
                .as_ref()
                .map_or(0, |rule| number(rule, "body_mebibytes"))
                .max(1)
                .unsigned_abs(),
            patience: rule.as_ref().map(|rule| number(rule, "seconds")).and_then(patience),
            success: status(rule.as_ref().map_or(0, |rule| number(rule, "success"))),
            outcomes: rule.as_ref().map(outcomes).unwrap_or_default(),
        };
        if read.variables().any(|variable| method.input().get_field_by_name(variable).is_none()) {
            return Err(unfit(name, "its route names a field that the request has not"));
        }
        Ok(Some(read))
    }

    /// The fields of the request that its route holds, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.template.iter().filter_map(|segment| match segment {
            Segment::Variable(name) => Some(name.as_str()),
            Segment::Fixed(_) => None,
        })
    }
}

fn route(http: &DynamicMessage) -> Option<(http::Method, String)> {
    use http::Method as Verb;
    let verbs = [
        ("get", Verb::GET),
        ("put", Verb::PUT),
        ("post", Verb::POST),
        ("delete", Verb::DELETE),
        ("patch", Verb::PATCH),
    ];
    verbs.into_iter().find_map(|(field, verb)| {
        let route = text(http, field);
        (!route.is_empty()).then_some((verb, route))
    })
}

fn template(route: &str) -> Option<Vec<Segment>> {
    let segment = |part: &str| match part.strip_prefix('{') {
        Some(rest) => {
            let name = rest.strip_suffix('}').filter(|name| !name.contains(['=', '.', '*']))?;
            Some(Segment::Variable(name.to_owned()))
        }
        None => (!part.is_empty() && !part.contains(['*', ':'])).then(|| Segment::Fixed(part.to_owned())),
    };
    route.strip_prefix('/')?.split('/').map(segment).collect()
}

fn patience(seconds: i32) -> Option<Duration> {
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

fn status(code: i32) -> StatusCode {
    u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK)
}

fn class(rule: &DynamicMessage) -> Class {
    let number = rule.get_field_by_name("criticality").and_then(|value| value.as_enum_number());
    let field = rule.descriptor().get_field_by_name("criticality").map(|field| field.kind());
    let name = match (number, field) {
        (Some(number), Some(Kind::Enum(kind))) => kind.get_value(number).map(|value| value.name().to_owned()),
        _ => None,
    };
    match name.as_deref() {
        Some("CRITICALITY_CRITICAL") => Class::Critical,
        Some("CRITICALITY_SHEDDABLE") => Class::Sheddable,
        _ => Class::Plain,
    }
}

fn media_types(rule: &DynamicMessage) -> Vec<String> {
    let list = rule.get_field_by_name("media_types");
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn outcomes(rule: &DynamicMessage) -> Vec<Outcome> {
    let list = rule.get_field_by_name("outcomes");
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    let outcome = |message: &DynamicMessage| Outcome {
        field: text(message, "field"),
        value: text(message, "value"),
        success: status(number(message, "success")),
    };
    items.iter().filter_map(Value::as_message).map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_or_refused() {
        let fixed = |text: &str| Segment::Fixed(text.into());
        let variable = |name: &str| Segment::Variable(name.into());
        assert_eq!(template("/a/{b}/c"), Some(vec![fixed("a"), variable("b"), fixed("c")]));
        for bad in ["a", "/a//b", "/a/", "/{a=*}", "/{a.b}", "/a:verb", "/{a", "/**"] {
            assert_eq!(template(bad), None, "{bad}");
        }
    }
}
