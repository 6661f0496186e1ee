use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{MethodDescriptor, Value};
use prost_types::method_options::IdempotencyLevel;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, with no access token.
    Anonymous,
    /// A user who is signed in.
    User,
    /// Only our own services: the method has no route, so it does not exist at the edge.
    Internal,
}

/// Tells who may call the method with a gRPC path such as `/praan.identity.v1.IdentityService/Login`. `None` when the
/// contract has no such method.
pub fn access(path: &str) -> Option<Access> {
    METHODS.get(path).map(|method| method.access)
}

/// Tells whether the method with a gRPC path may be called again when it is not known what became of the first call: the
/// contract says that it only reads, or that doing it twice is the same as doing it once.
pub fn idempotent(path: &str) -> bool {
    METHODS.get(path).is_some_and(|method| method.idempotent)
}

/// Tells whether the method with a gRPC path only reads.
pub fn reads(path: &str) -> bool {
    METHODS.get(path).is_some_and(|method| method.reads)
}

/// A method's own name, such as `GetLog`.
pub fn short_name(path: &str) -> Option<&'static str> {
    METHODS.get_key_value(path).and_then(|(known, _)| known.rsplit('/').next())
}

/// Tells whether the method with a gRPC path answers by a stream, which lasts.
pub fn streaming(path: &str) -> bool {
    METHODS.get(path).is_some_and(|method| method.streaming)
}

struct Method {
    access: Access,
    idempotent: bool,
    reads: bool,
    streaming: bool,
}

/// The methods of the contract by their gRPC paths.
static METHODS: LazyLock<HashMap<String, Method>> = LazyLock::new(|| {
    let services = crate::descriptors().services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let known = |method: MethodDescriptor| {
        let level = level_of(&method);
        let known = Method {
            access: access_of(&method),
            idempotent: level != IdempotencyLevel::IdempotencyUnknown,
            reads: level == IdempotencyLevel::NoSideEffects,
            streaming: method.is_server_streaming(),
        };
        (path_of(&method), known)
    };
    methods.map(known).collect()
});

fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

fn access_of(method: &MethodDescriptor) -> Access {
    let options = method.options();
    let mut public = false;
    let mut anonymous = false;
    for (extension, value) in options.extensions() {
        match (extension.full_name(), value) {
            ("google.api.http", _) => public = true,
            ("edge.v1.rule", Value::Message(rule)) => {
                anonymous =
                    rule.get_field_by_name("anonymous").and_then(|field| field.as_bool()).unwrap_or(false);
            }
            _ => {}
        }
    }
    match (public, anonymous) {
        (false, _) => Access::Internal,
        (true, true) => Access::Anonymous,
        (true, false) => Access::User,
    }
}

fn level_of(method: &MethodDescriptor) -> IdempotencyLevel {
    let options = method.method_descriptor_proto().options.as_ref();
    options.map_or(IdempotencyLevel::IdempotencyUnknown, |options| options.idempotency_level())
}
