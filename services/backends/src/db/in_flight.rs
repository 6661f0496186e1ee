use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

type Request = (i64, Uuid);

/// The requests that are being worked on in this process.
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<Request>>>);

impl InFlight {
    /// Marks a request as being worked on until the guard goes; none when it is so already.
    pub fn enter(&self, request: Request) -> Option<Guard> {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        requests.insert(request).then(|| Guard { all: self.clone(), request })
    }
}

/// Holds a request's mark.
pub struct Guard {
    all: InFlight,
    request: Request,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.request);
    }
}
