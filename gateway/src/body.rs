//! The bodies of requests: read whole before anything is done, within a time and within a share of the memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chassis::Error;
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tonic::body::Body;

const MEBIBYTE: usize = 1024 * 1024;
/// How much of a body that is too large is read to its end, and for how long.
const MOST_DISCARDED: usize = 16 * MEBIBYTE;
const TO_DISCARD: Duration = Duration::from_secs(5);
/// What all bodies together may take of the memory, in KiB.
const SHELF: usize = 256 * 1024;
/// After how long to come back when it is all taken.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How much longer a client may take for each mebibyte after the first.
const A_MEBIBYTE_MORE: Duration = Duration::from_secs(5);

/// How long a client may take over a body.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Between one piece and the next.
    pub piece: Duration,
    /// Over all of it, if it is no more than a mebibyte.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { piece: Duration::from_secs(10), whole: Duration::from_secs(30) }
    }
}

/// Where bodies are kept while their requests are worked on: so much room and no more, whoever sends how many.
pub struct Shelf {
    room: Arc<Semaphore>,
    patience: Patience,
}

/// A body that is there, and its room on the shelf.
pub struct Kept {
    /// The body.
    pub bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Shelf {
    /// An empty one.
    pub fn new(patience: Patience) -> Self {
        Self { room: Arc::new(Semaphore::new(SHELF)), patience }
    }

    /// The whole body of a request to a method that takes so many mebibytes. Photos go straight to the object store.
    pub async fn read(&self, mut body: Body, mebibytes: u32) -> Result<Kept, Error> {
        let most = mebibytes as usize * MEBIBYTE;
        let whole = match body.size_hint().lower() > most as u64 {
            true => None,
            false => {
                let patience = self.patience.whole + A_MEBIBYTE_MORE * mebibytes.saturating_sub(1);
                self.gather(&mut body, most, Instant::now() + patience).await?
            }
        };
        match whole {
            Some(kept) => Ok(kept),
            None => {
                discard(&mut body).await;
                Err(Error::too_large(format!("a request to this method is at most {mebibytes} MiB")))
            }
        }
    }

    /// None when there is more than a request may hold.
    async fn gather(&self, body: &mut Body, most: usize, end: Instant) -> Result<Option<Kept>, Error> {
        let (mut bytes, mut room) = (BytesMut::new(), None);
        while !body.is_end_stream() {
            let frame = timeout_at(end, timeout(self.patience.piece, body.frame())).await;
            let Ok(Ok(frame)) = frame else { return Err(Error::unheard()) };
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|_cut_off| Error::invalid("body", "did not arrive whole"))?;
            let Ok(piece) = frame.into_data() else { continue };
            if bytes.len() + piece.len() > most {
                return Ok(None);
            }
            self.make_room(&mut room, bytes.len() + piece.len())?;
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(Kept { bytes: bytes.freeze(), _room: room }))
    }

    /// Takes as much more as is needed for so many bytes.
    fn make_room(&self, room: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), Error> {
        let taken = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(bytes.div_ceil(1024).saturating_sub(taken)).unwrap_or(u32::MAX);
        let more = self.room.clone().try_acquire_many_owned(missing);
        let more = more.map_err(|_taken| Error::overloaded(RETRY_AFTER))?;
        match room {
            Some(room) => room.merge(more),
            None => *room = Some(more),
        }
        Ok(())
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
    let _ = timeout(TO_DISCARD, discarding).await;
}

/// A body that is there already.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Body::new(Full::new(bytes.into()))
}

#[cfg(test)]
mod tests {
    use chassis::Kind;
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use tonic::Status;

    use super::*;

    fn pieces(pieces: Vec<Vec<u8>>) -> Body {
        let frames = pieces.into_iter().map(|piece| Ok::<_, Status>(Frame::data(Bytes::from(piece))));
        Body::new(StreamBody::new(stream::iter(frames)))
    }

    #[tokio::test]
    async fn bodies_have_so_much_room_together_and_give_it_back() {
        let shelf = Shelf { room: Arc::new(Semaphore::new(3)), patience: Patience::default() };
        let kept = shelf.read(pieces(vec![vec![1; 1000], vec![2; 1000]]), 1).await.unwrap();
        assert_eq!((kept.bytes.len(), shelf.room.available_permits()), (2000, 1));
        assert!(shelf.read(full("{}"), 1).await.is_ok(), "one is left");
        for too_much in [pieces(vec![vec![1; 1025]]), pieces(vec![vec![1; 1000], vec![2; 1000]])] {
            assert_eq!(shelf.read(too_much, 1).await.err().unwrap().kind(), Kind::Overloaded);
        }
        drop(kept);
        assert_eq!(shelf.room.available_permits(), 3);
        let nothing = shelf.read(Body::empty(), 1).await.unwrap();
        assert!(nothing.bytes.is_empty() && shelf.room.available_permits() == 3);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never = || Body::new(StreamBody::new(stream::pending::<Result<Frame<Bytes>, Status>>()));
        let (short, long) = (Duration::from_millis(20), Duration::from_secs(3600));
        for (piece, whole) in [(short, long), (long, short)] {
            let shelf = Shelf::new(Patience { piece, whole });
            assert_eq!(shelf.read(never(), 1).await.err().unwrap().kind(), Kind::Unheard);
        }
    }
}
