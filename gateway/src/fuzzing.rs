//! A way in that needs no services: from a request of REST to its message, and from the message to JSON.

use std::sync::Arc;

use bytes::Bytes;
use chassis::Error;
use http::Request;
use http::header::CONTENT_TYPE;

use crate::contract::{Contract, Method};
use crate::rest::json::Json;
use crate::rest::path::{Found, Tree};
use crate::rest::{self, request, response};

/// Reads requests as the door does.
pub struct Transcoder {
    contract: Contract,
    routes: Tree<Arc<Method>>,
}

/// A request that fits the contract.
pub struct Asked<'t> {
    contract: &'t Contract,
    method: &'t Method,
    /// Its message.
    pub message: Bytes,
}

impl Transcoder {
    /// Reads the contract of the house. Fails where the gateway would not start.
    pub fn new() -> Result<Self, Error> {
        let contract = Contract::read(proto::descriptors())?;
        let mut routes = Tree::default();
        for method in contract.methods() {
            routes.insert(&method.template, method.verb.clone(), method.clone());
        }
        Ok(Self { contract, routes })
    }

    /// The message of a request; none when it is no request, has no route, or is refused.
    pub fn ask(&self, verb: &str, target: &str, body: &[u8]) -> Option<Asked<'_>> {
        let request = Request::builder().method(verb).uri(target).header(CONTENT_TYPE, "application/json");
        let (parts, ()) = request.body(()).ok()?.into_parts();
        let Found::Target(method, values) = self.routes.find(&parts.method, parts.uri.path()) else {
            return None;
        };
        let body = Bytes::copy_from_slice(body);
        let message = rest::message(&self.contract, method, &parts, &body, &values).ok()?;
        Some(Asked { contract: &self.contract, method, message })
    }
}

impl Asked<'_> {
    /// The full name of its message.
    pub fn name(&self) -> &str {
        self.contract.shape(self.method.input).descriptor.full_name()
    }

    /// The message as JSON, printed as an answer of this shape would be.
    pub fn json(&self) -> Result<Vec<u8>, Error> {
        let shape = self.contract.shape(self.method.input);
        let mut out = Vec::new();
        response::write(&mut out, self.contract, shape, &response::Fields::read(&self.message)?)?;
        Ok(out)
    }

    /// The same request with this JSON for its message.
    pub fn instead(&self, json: &[u8]) -> Result<Self, Error> {
        let document = Json::parse(json).map_err(Error::internal)?;
        let mut message = Vec::new();
        let mut writer = request::Writer::new(self.contract);
        writer.body(&mut message, self.contract.shape(self.method.input), &[], &document);
        writer.finish()?;
        Ok(Self { contract: self.contract, method: self.method, message: message.into() })
    }
}
