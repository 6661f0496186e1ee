//! What every public rpc passes on its way in, whatever it speaks: its body is read, it gets through the turnstile, and it is
//! counted. A slow body takes no place at the turnstile, and what is refused there costs the limits nothing.

use std::time::Duration;

use chassis::Error;
use http::HeaderMap;
use tokio::sync::OwnedSemaphorePermit;
use tonic::body::Body;

use crate::body::{Kept, Shelf, discard};
use crate::contract::Method;
use crate::large::Large;
use crate::limits::{Admission, Limits};
use crate::turnstile::{Admitted, Turnstiles};
use crate::visit::Visit;

/// The way in.
pub struct Entrance {
    /// Where large bodies wait.
    pub large: Large,
    /// Where bodies are kept.
    pub shelf: Shelf,
    /// Who is let in when there is much to do.
    pub turnstiles: Turnstiles,
    /// How much one caller may ask for.
    pub limits: Limits,
}

/// A request that is in, or was refused; it has its place within until this is dropped.
pub struct Entered {
    /// The body, or why there is none.
    pub body: Result<Kept, Error>,
    /// What the limits say.
    pub admission: Admission,
    _admitted: Option<Admitted>,
    _large: Option<OwnedSemaphorePermit>,
}

impl Entrance {
    /// Takes a request in; `left` is the time that its caller gives it, if any.
    pub async fn enter(
        &self,
        method: &Method,
        visit: Visit,
        headers: &HeaderMap,
        mut body: Body,
        left: Option<Duration>,
    ) -> Entered {
        let (body, large) = match self.large.enter(method, headers).await {
            Ok(large) => (self.shelf.read(body, method.body_mebibytes).await, large),
            Err(error) => {
                discard(&mut body).await;
                (Err(error), None)
            }
        };
        let admitted = match self.turnstiles.enter(method, left).await {
            Ok(admitted) => admitted,
            Err(refused) => {
                drop((body, large));
                return Entered {
                    body: Err(refused.told().await),
                    admission: Admission::default(),
                    _admitted: None,
                    _large: None,
                };
            }
        };
        let admission = self.limits.admit(method, visit, headers).await;
        Entered { body: admission.check().and(body), admission, _admitted: Some(admitted), _large: large }
    }
}
