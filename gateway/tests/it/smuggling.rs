//! What tries to be one request to the proxy in front and another to this door, or to speak as the house itself. All of it goes
//! over bare sockets, since no client would send it.

mod headers;
mod http1;
mod http2;
mod socket;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tonic::metadata::MetadataMap;

use crate::fake::Fake;
use crate::house::House;

pub const CREATE: &str = "/praan.family.v1.FamilyService/CreateMember";
pub const FAMILY: &str = "/praan.family.v1.FamilyService/GetFamily";

/// A house whose services answer everything, and keep what arrived.
pub struct Scene {
    pub house: House,
    arrived: Arc<Mutex<Vec<(String, MetadataMap)>>>,
}

impl Scene {
    pub async fn open() -> Self {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let seen = arrived.clone();
        let fake = Fake::default().on_others(move |path, request| {
            seen.lock().unwrap().push((path.to_owned(), request.metadata().clone()));
            Ok(vec![Bytes::new()])
        });
        Self { house: House::open(fake).await, arrived }
    }

    /// The paths and metadata of the requests that arrived since it was last asked.
    pub fn arrived(&self) -> Vec<(String, MetadataMap)> {
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }
}

/// What a case must come to.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// It is refused, and no service hears of it.
    Refused,
    /// It is one request, whatever else it tries to be.
    Once(&'static str),
}

impl End {
    /// The requests that arrive.
    pub fn paths(self) -> Vec<&'static str> {
        match self {
            End::Refused => Vec::new(),
            End::Once(path) => vec![path],
        }
    }
}
