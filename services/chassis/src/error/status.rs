//! The one mapping between [`Error`], gRPC status details (`google.rpc`) and HTTP statuses.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::{Error, FieldError, Kind};

/// The domain of `google.rpc.ErrorInfo`, by which a client knows that a reason is ours.
const DOMAIN: &str = "praan";

/// Every kind beside its gRPC code, HTTP status, machine-readable reason and title.
const KINDS: [(Kind, Code, u16, &str, &str); 18] = [
    (Kind::Invalid, Code::InvalidArgument, 400, "INVALID", "Invalid request"),
    (Kind::Unauthenticated, Code::Unauthenticated, 401, "UNAUTHENTICATED", "Not signed in"),
    (Kind::Denied, Code::PermissionDenied, 403, "DENIED", "No access"),
    (Kind::NotFound, Code::NotFound, 404, "NOT_FOUND", "Not found"),
    (Kind::Conflict, Code::AlreadyExists, 409, "CONFLICT", "Conflict"),
    (Kind::IllegalState, Code::FailedPrecondition, 409, "ILLEGAL_STATE", "Not in this state"),
    (Kind::InFlight, Code::Aborted, 409, "IN_FLIGHT", "Still being worked on"),
    (Kind::KeyReused, Code::FailedPrecondition, 422, "KEY_REUSED", "Request id used twice"),
    (Kind::Changed, Code::Aborted, 412, "CHANGED", "Changed meanwhile"),
    (Kind::RateLimited, Code::ResourceExhausted, 429, "RATE_LIMITED", "Too many requests"),
    (Kind::TooLarge, Code::OutOfRange, 413, "TOO_LARGE", "Too large"),
    (Kind::UnsupportedMedia, Code::InvalidArgument, 415, "UNSUPPORTED_MEDIA", "Unsupported content type"),
    (Kind::Unavailable, Code::Unavailable, 503, "UNAVAILABLE", "Unavailable"),
    (Kind::Overloaded, Code::Unavailable, 503, "OVERLOADED", "Too busy"),
    (Kind::Deadline, Code::DeadlineExceeded, 504, "DEADLINE", "Took too long"),
    (Kind::Unheard, Code::DeadlineExceeded, 408, "REQUEST_TIMEOUT", "Request came too slowly"),
    (Kind::Unimplemented, Code::Unimplemented, 501, "UNIMPLEMENTED", "No such method"),
    (Kind::Internal, Code::Internal, 500, "INTERNAL", "Internal error"),
];

impl Kind {
    fn row(self) -> &'static (Kind, Code, u16, &'static str, &'static str) {
        // the table names every kind; a test walks it
        KINDS.iter().find(|row| row.0 == self).unwrap_or(&KINDS[17])
    }

    /// The gRPC code.
    pub fn code(self) -> Code {
        self.row().1
    }

    /// The HTTP status.
    pub fn http_status(self) -> u16 {
        self.row().2
    }

    /// The machine-readable reason, as in `google.rpc.ErrorInfo`.
    pub fn reason(self) -> &'static str {
        self.row().3
    }

    /// The title of a problem (RFC 9457).
    pub fn title(self) -> &'static str {
        self.row().4
    }

    /// All kinds, for those who describe them.
    pub fn all() -> impl Iterator<Item = Kind> {
        KINDS.iter().map(|row| row.0)
    }

    fn of_code(code: Code) -> Kind {
        match code {
            // a cancelled call is a peer that went away, not a fault of the request
            Code::Cancelled => Kind::Unavailable,
            Code::Unknown | Code::DataLoss | Code::Ok => Kind::Internal,
            // what tonic itself says of a message above its size limit
            Code::OutOfRange => Kind::TooLarge,
            _ => KINDS.iter().find(|row| row.1 == code).map_or(Kind::Internal, |row| row.0),
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if error.0.cause.is_some() {
            error.log("a request failed");
        }
        let mut details = ErrorDetails::new();
        details.set_error_info(error.kind().reason(), DOMAIN, []);
        for FieldError { field, message } in error.fields() {
            details.add_bad_request_violation(field, message);
        }
        if let Some(after) = error.retry_after() {
            details.set_retry_info(Some(after));
        }
        Status::with_error_details(error.kind().code(), error.message(), details)
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let ours = details.error_info().filter(|info| info.domain == DOMAIN);
        let kind = ours
            .and_then(|info| KINDS.iter().find(|row| row.3 == info.reason))
            .map_or_else(|| Kind::of_code(status.code()), |row| row.0);
        let mut error = match kind {
            // a stranger's words about a fault stay inside
            Kind::Internal if ours.is_none() => Error::internal(Foreign(status.code())),
            Kind::Unavailable if ours.is_none() => Error::unavailable(Foreign(status.code())),
            _ if status.message().is_empty() => Error::new(kind, kind.title()),
            _ => Error::new(kind, status.message()),
        };
        if let Some(bad) = details.bad_request() {
            let field = |v: &tonic_types::FieldViolation| FieldError {
                field: v.field.clone(),
                message: v.description.clone(),
            };
            error.0.fields = bad.field_violations.iter().map(field).collect();
        }
        if let Some(after) = details.retry_info().and_then(|retry| retry.retry_delay) {
            error.0.retry_after = Some(after.max(Duration::from_millis(1)));
        }
        error
    }
}

/// A failure that came over the wire from something that is not ours.
#[derive(Debug, thiserror::Error)]
#[error("the peer answered {0:?}")]
struct Foreign(Code);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_wire() {
        for kind in Kind::all() {
            assert_eq!(kind.row().0, kind, "the table lacks {kind:?}");
            let back = Error::from(Status::from(Error::new(kind, "words")));
            assert_eq!((back.kind(), back.message()), (kind, "words"));
        }
    }

    #[test]
    fn fields_and_delay_survive_the_wire() {
        let error = Error::from(Status::from(Error::invalid("items[1].name", "must be given")));
        assert_eq!(
            error.fields(),
            [FieldError { field: "items[1].name".into(), message: "must be given".into() }]
        );
        let error = Error::from(Status::from(Error::rate_limited(Duration::from_secs(30))));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_cause_is_never_shown() {
        let error = Error::internal("password=hunter2");
        let shown = format!("{error} {error:?} {:?}", Status::from(Error::internal("password=hunter2")));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_strangers_fault_stays_inside() {
        let error = Error::from(Status::unknown("row (systolic=180) is bad"));
        assert_eq!(error.kind(), Kind::Internal);
        assert!(!error.message().contains("180"));
    }
}
