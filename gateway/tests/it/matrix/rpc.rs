//! The public methods as the contract writes them, read anew: what the gateway makes of the contract is what is tested.

use http::Method;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, Value};

/// A public method.
pub struct Rpc {
    pub path: String,
    pub verb: Method,
    pub route: String,
    /// Whether the request travels in the body over REST.
    pub body: bool,
    pub input: MessageDescriptor,
    pub output: MessageDescriptor,
    pub streaming: bool,
    /// The content type of its answer, where that is a document.
    pub document: Option<String>,
}

/// All of them.
pub fn all() -> Vec<Rpc> {
    let services = proto::descriptors().services();
    services
        .flat_map(|service| service.methods().filter_map(|method| read(&method)).collect::<Vec<_>>())
        .collect()
}

fn read(method: &MethodDescriptor) -> Option<Rpc> {
    let http = option(&method.options(), "google.api.http")?;
    let (verb, route) = ["get", "put", "post", "delete", "patch"].into_iter().find_map(|verb| {
        let route = text(&http, verb);
        (!route.is_empty()).then(|| (verb.to_uppercase().parse().unwrap(), route))
    })?;
    let rule = option(&method.options(), "edge.v1.rule");
    let media_types = rule.and_then(|rule| Some(rule.get_field_by_name("media_types")?.as_list()?.to_vec()));
    Some(Rpc {
        path: format!("/{}/{}", method.parent_service().full_name(), method.name()),
        verb,
        route,
        body: text(&http, "body") == "*",
        input: method.input(),
        output: method.output(),
        streaming: method.is_server_streaming(),
        document: media_types.unwrap_or_default().first().map(|media| media.as_str().unwrap().to_owned()),
    })
}

/// An option that is a message.
pub fn option(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let (_, value) = options.extensions().find(|(extension, _)| extension.full_name() == name)?;
    value.as_message().cloned()
}

/// A text of an option; empty when it is not given.
pub fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}
