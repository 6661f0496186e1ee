use redis::{ErrorKind, RedisError, ServerErrorKind};

/// What went wrong, in words that are safe to log: a server's message may quote what was sent to it.
#[derive(Debug, thiserror::Error)]
#[error("redis: {what}")]
pub struct Fault {
    what: String,
    /// What it says about the connection.
    pub connection: Connection,
}

/// What a fault says about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It works; the server has refused this one command.
    Works,
    /// It may work again: no answer came in time.
    Silent,
    /// It is of no more use.
    Broken,
}

impl Fault {
    pub fn silent() -> Self {
        Self { what: "no answer in time".to_owned(), connection: Connection::Silent }
    }

    pub fn closed() -> Self {
        Self { what: "the connection was closed".to_owned(), connection: Connection::Broken }
    }
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        let what = match (error.kind(), error.code()) {
            // the operating system's or the TLS library's words, which know nothing of commands
            (ErrorKind::Io, _) => error.to_string(),
            (_, Some(code)) => code.to_owned(),
            (_, None) => error.category().to_owned(),
        };
        let connection = match error.kind() {
            ErrorKind::Extension
            | ErrorKind::UnexpectedReturnType
            | ErrorKind::Server(
                ServerErrorKind::ResponseError | ServerErrorKind::NoPerm | ServerErrorKind::CrossSlot,
            ) => Connection::Works,
            ErrorKind::Io if error.is_timeout() => Connection::Silent,
            _ => Connection::Broken,
        };
        Self { what, connection }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_never_quoted() {
        for kind in [ErrorKind::Server(ServerErrorKind::ResponseError), ErrorKind::AuthenticationFailed] {
            let said = "unknown command 'AUTH', with args beginning with: 'hunter2'";
            let fault = Fault::from(RedisError::from((kind, "refused", said.to_owned())));
            assert!(!format!("{fault} {fault:?}").contains("hunter2"), "{fault}");
        }
    }
}
