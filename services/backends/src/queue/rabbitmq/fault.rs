use chassis::Error;
use lapin::ErrorKind;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};

/// A broker's error as one of ours: refusing what was asked is internal, all else passes.
pub fn fault(error: lapin::Error) -> Error {
    if error.is_amqp_soft_error() { Error::internal(error) } else { Error::unavailable(error) }
}

/// Whether what was asked for is not there.
pub fn is_absence(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(e) if *e.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND))
}

/// Waits for the broker, `PATIENCE` at most.
pub async fn in_time<T>(asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
    let late = |_| Error::unavailable("the broker did not answer in time");
    tokio::time::timeout(PATIENCE, asking).await.map_err(late)?
}
