//! Why a call over the wire has no answer, by what may be done about it.

use std::error::Error as StdError;

use tonic::{ConnectError, Status, TimeoutExpired};

use crate::Error;

/// A call without an answer.
#[derive(Debug)]
pub enum Fault {
    /// It never reached a handler, so that it may be sent elsewhere whatever it does.
    Unsent(Box<dyn StdError + Send + Sync>),
    /// Nobody knows how far it came.
    Lost(Box<dyn StdError + Send + Sync>),
    /// Its time ran out.
    Late,
    /// Its own body could not be read.
    Broken(Status),
}

impl Fault {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unsent(_) => "unsent",
            Self::Lost(_) => "lost",
            Self::Late => "late",
            Self::Broken(_) => "broken",
        }
    }

    /// Reads a failure of a connection.
    pub fn of(error: tonic::transport::Error) -> Self {
        let mut next: Option<&(dyn StdError + 'static)> = Some(&error);
        while let Some(cause) = next {
            if cause.is::<TimeoutExpired>() {
                return Fault::Late;
            }
            let is_unsent = cause.is::<ConnectError>()
                || cause.downcast_ref().is_some_and(is_refusal)
                || cause.downcast_ref().is_some_and(is_left_behind);
            if is_unsent {
                return Fault::Unsent(Box::new(error));
            }
            next = cause.source();
        }
        Fault::Lost(Box::new(error))
    }
}

/// A peer that stops says which requests it will not begin (RFC 9113, 6.8 and 8.7).
fn is_refusal(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    let leaving = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    error.is_remote() && (refused || leaving)
}

/// A request that waited for its turn on a connection when that ended, as when the peer stops, was not begun.
fn is_left_behind(error: &hyper::Error) -> bool {
    error.is_canceled()
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unsent(cause) | Fault::Lost(cause) => Error::unavailable(cause).into(),
            Fault::Late => Error::deadline().into(),
            Fault::Broken(status) => status,
        }
    }
}
