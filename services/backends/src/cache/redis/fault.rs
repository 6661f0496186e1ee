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
        let what = error.code().map_or_else(|| without_detail(&error), str::to_owned);
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

/// The words of the client, the operating system or the TLS library, which know nothing of commands.
fn without_detail(error: &RedisError) -> String {
    let all = error.to_string();
    let words = error.detail().and_then(|detail| all.strip_suffix(detail)).unwrap_or(&all);
    words.trim_end_matches(": ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_never_quoted() {
        let said = "unknown command 'AUTH', with args beginning with: 'hunter2'";
        for kind in [ServerErrorKind::ResponseError.into(), ErrorKind::AuthenticationFailed, ErrorKind::Io] {
            let fault = Fault::from(RedisError::from((kind, "no way", said.to_owned())));
            let words = format!("{fault} {fault:?}");
            assert!(!words.contains("hunter2") && words.len() > 20, "{words}");
        }
    }
}
