//! A request as a handler gets it: checked, and with its caller.
//!
//! The only way to a message is through [`user`], [`anonymous`], [`internal`] or [`on_behalf`], so that no handler works on an unchecked one.

use prost::{Message, Name};
use uuid::Uuid;

use crate::etag::IfMatch;
use crate::{Error, FieldError, idempotency};

/// The person on whose behalf a request came, as the access token proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The account's id.
    pub id: i64,
    /// The session's id; 0 where another service speaks for the user.
    pub session_id: i64,
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The request's `X-Request-ID`.
    pub request_id: Uuid,
    /// The client's address, as the gateway saw it.
    pub address: Option<String>,
    /// What the client calls itself, as the gateway heard it.
    pub user_agent: Option<String>,
    /// Whether an operator wants to see it through.
    pub verbose: bool,
}

/// Who does something, for the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account's id; 0 stands for the system.
    pub user_id: i64,
    /// The request it happened in.
    pub request_id: Uuid,
    /// The client's address.
    pub address: Option<String>,
}

impl Actor {
    /// The system itself, in the course of handling a message or a job with this id.
    pub fn system(request_id: Uuid) -> Self {
        Self { user_id: 0, request_id, address: None }
    }
}

/// A checked request.
#[derive(Debug)]
pub struct Call<M, C = User> {
    /// The message; every field is within its range.
    pub message: M,
    /// Who calls.
    pub caller: C,
    /// Where it came from.
    pub origin: Origin,
    /// What the caller has seen of the thing to be changed.
    pub if_match: IfMatch,
}

impl<M: Message + Name> Call<M> {
    /// The key under which the answer to this request is kept.
    pub fn key(&self) -> idempotency::Key {
        idempotency::Key::of(self.caller.id, self.origin.request_id, &self.message)
    }

    /// Who acts, for the audit trail.
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: self.caller.id,
            request_id: self.origin.request_id,
            address: self.origin.address.clone(),
        }
    }
}

impl<M> Call<M, ()> {
    /// Who acts, for the audit trail, once the request has shown it.
    pub fn actor(&self, user_id: i64) -> Actor {
        Actor { user_id, request_id: self.origin.request_id, address: self.origin.address.clone() }
    }
}

/// A request of a signed-in user. The caller layer has checked the token; without it there is no user, and no call.
pub fn user<M: proto::Validate>(request: tonic::Request<M>) -> Result<Call<M>, Error> {
    let caller = request.extensions().get::<User>().copied();
    let caller = caller.ok_or_else(|| Error::unauthenticated("an access token is required"))?;
    let if_match = request.extensions().get::<IfMatch>().cloned().unwrap_or_default();
    let (message, origin) = checked(request)?;
    Ok(Call { message, caller, origin, if_match })
}

/// A request that needs no user.
pub fn anonymous<M: proto::Validate>(request: tonic::Request<M>) -> Result<Call<M, ()>, Error> {
    let (message, origin) = checked(request)?;
    Ok(Call { message, caller: (), origin, if_match: IfMatch::default() })
}

/// A request of another service.
pub fn internal<M: proto::Validate>(request: tonic::Request<M>) -> Result<M, Error> {
    checked(request).map(|(message, _)| message)
}

/// A request of another service for a user whom it names, and who is the one who acts; the other has checked that it is.
pub fn on_behalf<M: proto::Validate>(
    request: tonic::Request<M>,
    user_id: impl FnOnce(&M) -> i64,
) -> Result<Call<M>, Error> {
    let (message, origin) = checked(request)?;
    let caller = User { id: user_id(&message), session_id: 0 };
    Ok(Call { message, caller, origin, if_match: IfMatch::default() })
}

fn checked<M: proto::Validate>(request: tonic::Request<M>) -> Result<(M, Origin), Error> {
    let origin = request.extensions().get::<Origin>().cloned();
    let origin = origin.unwrap_or_else(|| Origin { request_id: Uuid::new_v4(), ..Origin::default() });
    let message = request.into_inner();
    message.validate().map_err(|violations| {
        let field = |v: proto::Violation| FieldError { field: v.field, message: v.message };
        Error::invalid_fields(violations.into_iter().map(field).collect())
    })?;
    Ok((message, origin))
}
