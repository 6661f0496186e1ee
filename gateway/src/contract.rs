//! What the edge knows of the contract, read once from the descriptors: the public methods with their routes, and the shapes
//! of their messages. Everything else in this crate works on these, so no message of the domain is named anywhere here.
//!
//! A public method the edge could not serve is found when the process starts, not when somebody calls it.

mod deprecation;
mod method;
mod options;
mod shape;
mod shapes;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chassis::Error;
use prost_reflect::DescriptorPool;

pub use deprecation::Deprecation;
pub use method::{Method, Segment};
pub use options::{extension, flag, number, text};
pub use shape::{Field, Kind, Many, Shape, ShapeId, Slot, Union};

/// The public part of the contract.
pub struct Contract {
    methods: HashMap<String, Arc<Method>>,
    shapes: shapes::Shapes,
}

impl Contract {
    /// Reads the contract. Fails on a public method that has no REST form.
    pub fn read(pool: &DescriptorPool) -> Result<Self, Error> {
        let mut shapes = shapes::Shapes::default();
        let mut methods = Vec::new();
        for service in pool.services() {
            for descriptor in service.methods() {
                if let Some(method) = Method::read(&descriptor, &mut shapes)? {
                    methods.push(method);
                }
            }
        }
        tag(&mut methods);
        locate(&mut methods);
        let by_path = |method: Method| (method.path.to_string(), Arc::new(method));
        Ok(Self { methods: methods.into_iter().map(by_path).collect(), shapes })
    }

    /// The public method with a gRPC path.
    pub fn method(&self, path: &str) -> Option<&Arc<Method>> {
        self.methods.get(path)
    }

    /// All public methods, in no particular order.
    pub fn methods(&self) -> impl Iterator<Item = &Arc<Method>> {
        self.methods.values()
    }

    /// The full names of the services that have a public method.
    pub fn services(&self) -> BTreeSet<&str> {
        self.methods.values().map(|method| method.service.as_str()).collect()
    }

    /// The shape of a message.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id)
    }
}

/// The thing that a method changes under a condition is shown by that method and by the GET of its route.
fn tag(methods: &mut [Method]) {
    let conditional = methods.iter().filter(|method| method.conditional);
    let routes: BTreeSet<Arc<str>> = conditional.map(|method| method.route.clone()).collect();
    for method in methods {
        let shows = method.conditional || method.verb == http::Method::GET;
        method.tagged = shows && routes.contains(&method.route);
    }
}

/// What a POST makes is found by a GET of the same route with its id behind, where there is one.
fn locate(methods: &mut [Method]) {
    let gets = methods.iter().filter(|method| method.verb == http::Method::GET);
    let collections: BTreeSet<Vec<Segment>> = gets
        .filter_map(|get| match get.template.split_last() {
            Some((Segment::Variable(_), collection)) => Some(collection.to_vec()),
            _ => None,
        })
        .collect();
    for method in methods.iter_mut().filter(|method| method.verb == http::Method::POST) {
        let has_id = method.descriptor.output().get_field_by_name("id").is_some();
        method.located = has_id && collections.contains(&method.template);
    }
}

/// A contract that the edge cannot serve is a fault of ours.
fn unfit(what: &str, why: &str) -> Error {
    Error::internal(format!("the contract cannot be served over REST: {what}: {why}"))
}
