use std::time::Duration;

use bytes::Bytes;
use chassis::Error;
use http_body::Body as _;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tonic::body::Body;

/// The most a request may hold. Photos go straight to the object store.
const MOST: usize = 1024 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The whole body of a request.
pub async fn read(body: Body) -> Result<Bytes, Error> {
    let too_large = || Error::too_large("a request is at most 1 MiB");
    // a client that says beforehand how much it has need not send it
    if body.size_hint().lower() > MOST as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(PATIENCE, Limited::new(body, MOST).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_cut_off)) => Err(Error::invalid("body", "did not arrive whole")),
        Err(_elapsed) => Err(Error::deadline()),
    }
}

/// A body that is there already.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Body::new(Full::new(bytes.into()))
}
