use std::time::Duration;

use bytes::Bytes;
use chassis::Error;
use http_body::Body as _;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tonic::body::Body;

const MEBIBYTE: usize = 1024 * 1024;
/// How much of a body that is too large is read to its end, and for how long.
const MOST_DISCARDED: usize = 16 * MEBIBYTE;
const TO_DISCARD: Duration = Duration::from_secs(5);
/// How long a client may take to send it: for the first mebibyte, and for each that follows.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENCE_ON: Duration = Duration::from_secs(5);

/// The whole body of a request to a method that takes so many mebibytes. Photos go straight to the object store.
pub async fn read(body: Body, mebibytes: usize) -> Result<Bytes, Error> {
    let too_large = || Error::too_large(format!("a request to this method is at most {mebibytes} MiB"));
    let most = mebibytes * MEBIBYTE;
    let patience = PATIENCE + PATIENCE_ON * u32::try_from(mebibytes.saturating_sub(1)).unwrap_or(u32::MAX);
    let mut body = body;
    if body.size_hint().lower() > most as u64 {
        discard(&mut body).await;
        return Err(too_large());
    }
    match tokio::time::timeout(patience, Limited::new(&mut body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(&mut body).await;
            Err(too_large())
        }
        Ok(Err(_cut_off)) => Err(Error::invalid("body", "did not arrive whole")),
        Err(_elapsed) => Err(Error::deadline()),
    }
}

/// Reads on for a while and keeps nothing: most clients hear an answer only when they have sent all they had, and would
/// otherwise be told of a broken connection.
pub async fn discard(body: &mut Body) {
    let mut left = MOST_DISCARDED;
    let discarding = async {
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // whoever takes longer is cut off
    let _ = tokio::time::timeout(TO_DISCARD, discarding).await;
}

/// A body that is there already.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Body::new(Full::new(bytes.into()))
}
