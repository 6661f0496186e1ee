//! The one error type of the house: what the caller may read, and, apart from it, what only the log may.
//!
//! The external half is a [`Kind`], a sentence and the fields it concerns. The internal half is a cause without `Display` or
//! `Debug` of its own content, so that it cannot slip into an answer by formatting. A cause is logged once, where the error
//! becomes a gRPC status (see `status`).

mod status;

use std::time::Duration;

/// What went wrong, in as few kinds as the callers can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request breaks a rule of its fields.
    Invalid,
    /// There is no valid proof of who calls.
    Unauthenticated,
    /// The resource is not the caller's, or does not exist.
    Denied,
    /// There is no such thing; only where its absence is no secret.
    NotFound,
    /// It exists already.
    Conflict,
    /// The resource's state does not allow it.
    IllegalState,
    /// The same request is being worked on.
    InFlight,
    /// The idempotency key was used for another request.
    KeyReused,
    /// The resource is no longer as the caller saw it.
    Changed,
    /// Too many requests.
    RateLimited,
    /// The request is too large.
    TooLarge,
    /// The content type is not understood.
    UnsupportedMedia,
    /// Something needed is down, or the house is full.
    Unavailable,
    /// The house is full, and nothing was done.
    Overloaded,
    /// The time ran out.
    Deadline,
    /// The request did not arrive in time.
    Unheard,
    /// The method does not exist.
    Unimplemented,
    /// A fault of ours.
    Internal,
}

/// One field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field, such as `macros.protein_g` or `items[1].name`.
    pub field: String,
    /// What is wrong with it, without repeating the value.
    pub message: String,
}

/// An error with its two halves; see the module.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            fields: Vec::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// One field breaks a rule.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Several fields break rules.
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(Kind::Invalid, "the request is not valid");
        error.0.fields = fields;
        error
    }

    /// There is no valid proof of who calls.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, message)
    }

    /// The resource is foreign or absent: one text for both, so that nobody learns which.
    pub fn denied() -> Self {
        Self::new(Kind::Denied, "you do not have access to this resource")
    }

    /// There is no such thing. For internal methods only; at the door absence is [`Error::denied`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// It exists already.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// The resource's state does not allow it.
    pub fn illegal_state(message: impl Into<String>) -> Self {
        Self::new(Kind::IllegalState, message)
    }

    /// The same request is still being worked on.
    pub fn in_flight() -> Self {
        let mut error =
            Self::new(Kind::InFlight, "a request with this X-Request-ID is still being worked on");
        error.0.retry_after = Some(Duration::from_secs(1));
        error
    }

    /// The idempotency key was used for another request.
    pub fn key_reused() -> Self {
        Self::new(Kind::KeyReused, "this X-Request-ID was used for another request; send a new one")
    }

    /// The resource is no longer as the caller saw it.
    pub fn changed() -> Self {
        Self::new(Kind::Changed, "it has changed since you saw it; look at it again")
    }

    /// Too many requests; the caller may come back after `retry_after`.
    pub fn rate_limited(retry_after: Duration) -> Self {
        let mut error = Self::new(Kind::RateLimited, "too many requests");
        error.0.retry_after = Some(retry_after);
        error
    }

    /// The request is too large.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(Kind::TooLarge, message)
    }

    /// The content type is not understood.
    pub fn unsupported_media(message: impl Into<String>) -> Self {
        Self::new(Kind::UnsupportedMedia, message)
    }

    /// The method does not exist.
    pub fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(Kind::Unimplemented, message)
    }

    /// The house is full, and nothing was done; the caller may come back after `retry_after`.
    pub fn overloaded(retry_after: Duration) -> Self {
        let mut error = Self::new(Kind::Overloaded, "too much is going on; nothing was done, try again");
        error.0.retry_after = Some(retry_after);
        error
    }

    /// The request did not arrive in time.
    pub fn unheard() -> Self {
        Self::new(Kind::Unheard, "the request did not arrive in time")
    }

    /// The time ran out.
    pub fn deadline() -> Self {
        Self::new(Kind::Deadline, "the request took too long")
    }

    /// Something needed is down or full; the caller may come back in a second.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(Kind::Unavailable, "the service is briefly unavailable");
        error.0.retry_after = Some(Duration::from_secs(1));
        error.0.cause = Some(cause.into());
        error
    }

    /// A fault of ours.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(Kind::Internal, "something went wrong on our side");
        error.0.cause = Some(cause.into());
        error
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The sentence for the caller.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The fields that break rules.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The same error with its fields' paths changed, for one who knows the request by other names.
    pub fn map_fields(mut self, rename: impl Fn(&str) -> String) -> Self {
        for field in &mut self.0.fields {
            field.field = rename(&field.field);
        }
        self
    }

    /// When the caller may come back.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The cause, or the external half where there is none: for the terminal of whoever runs the house, and for nobody else.
    pub fn explained(&self) -> String {
        self.0.cause.as_ref().map_or_else(|| self.to_string(), |cause| Chain(cause.as_ref()).to_string())
    }

    /// The external half alone.
    pub fn external(&self) -> Self {
        let mut copy = Self::new(self.0.kind, self.0.message.clone());
        copy.0.fields.clone_from(&self.0.fields);
        copy.0.retry_after = self.0.retry_after;
        copy
    }

    /// Logs the cause, if there is one, where the error is dealt with and goes no further.
    pub fn log(&self, doing: &'static str) {
        match &self.0.cause {
            Some(cause) => tracing::error!(kind = ?self.0.kind, cause = %Chain(cause.as_ref()), "{doing}"),
            None => tracing::info!(kind = ?self.0.kind, "{doing}"),
        }
    }
}

/// The external half only.
impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)?;
        for FieldError { field, message } in &self.0.fields {
            write!(f, "; {field}: {message}")?;
        }
        Ok(())
    }
}

/// The external half only.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({self})", self.0.kind)
    }
}

impl std::error::Error for Error {}

/// Prints a cause and the causes beneath it, each once.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
