//! The contract, as the tests look at it.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor};
use proto::{Access, access, descriptors};

use crate::rules::{extension, get};

/// Where a public method is.
pub struct Route {
    pub verb: String,
    pub path: String,
    pub body: String,
}

pub fn ours(package: &str) -> bool {
    package.starts_with("praan.") || package.starts_with("edge.")
}

pub fn files() -> Vec<FileDescriptor> {
    descriptors().files().filter(|file| file.name().starts_with("praan/")).collect()
}

pub fn messages() -> impl Iterator<Item = MessageDescriptor> {
    descriptors()
        .all_messages()
        .filter(|message| message.package_name().starts_with("praan.") && !message.is_map_entry())
}

pub fn enums() -> impl Iterator<Item = EnumDescriptor> {
    descriptors().all_enums().filter(|kind| kind.parent_file().name().starts_with("praan/"))
}

pub fn methods() -> Vec<MethodDescriptor> {
    let services = descriptors().services().filter(|service| service.package_name().starts_with("praan."));
    services.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

pub fn fields(message: MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    message.fields().collect::<Vec<_>>().into_iter()
}

/// The public methods and where they are.
pub fn routes() -> Vec<(MethodDescriptor, Route)> {
    let route = |method: MethodDescriptor| {
        let http = extension(&method.options(), "google.api.http")?;
        let (pattern, path) = http.fields().find(|(field, _)| field.containing_oneof().is_some())?;
        let body = get(&http, "body").and_then(|body| body.as_str().map(str::to_owned)).unwrap_or_default();
        let route = Route { verb: pattern.name().to_owned(), path: path.as_str()?.to_owned(), body };
        Some((method, route))
    };
    methods().into_iter().filter_map(route).collect()
}

/// The messages that reach a service in a request, and whether one of those requests comes from outside.
pub fn requests() -> Vec<(MessageDescriptor, bool)> {
    let mut found: BTreeMap<String, (MessageDescriptor, bool)> = BTreeMap::new();
    let outside = |method: &MethodDescriptor| {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        access(&path) != Some(Access::Internal)
    };
    let mut next: Vec<_> = methods().iter().map(|method| (method.input(), outside(method))).collect();
    while let Some((message, public)) = next.pop() {
        let known = found.get(message.full_name()).is_some_and(|(_, known)| *known || !public);
        if known || !ours(message.package_name()) {
            continue;
        }
        let inner = fields(message.clone()).filter_map(|field| field.kind().as_message().cloned());
        next.extend(inner.map(|inner| (inner, public)));
        found.insert(message.full_name().to_owned(), (message, public));
    }
    found.into_values().collect()
}

/// The comment above each element of a file, by its path.
pub fn comments(file: &FileDescriptor) -> BTreeMap<Vec<i32>, String> {
    let source = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
    source
        .location
        .into_iter()
        .map(|place| (place.path, place.leading_comments.unwrap_or_default()))
        .collect()
}

pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
