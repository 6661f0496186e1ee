//! The pieces in which a document leaves.

use std::time::Duration;

use chassis::Error;
use proto::google::api::HttpBody;
use tokio::sync::mpsc;
use tonic::Status;

/// The size of a piece, which is far below what any client of gRPC takes at once.
const FULL: usize = 64 * 1024;
/// How many pieces wait to be taken.
const WAITING: usize = 2;
/// How long a client may take for one.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a document in pieces.
#[derive(Clone)]
pub struct Pieces {
    /// What is written and not sent yet.
    pub buffer: Vec<u8>,
    media_type: &'static str,
    to: mpsc::Sender<Result<HttpBody, Status>>,
}

impl Pieces {
    /// A document of this type, and where its pieces come out.
    pub fn new(media_type: &'static str) -> (Self, mpsc::Receiver<Result<HttpBody, Status>>) {
        let (to, from) = mpsc::channel(WAITING);
        (Self { buffer: Vec::with_capacity(FULL), media_type, to }, from)
    }

    /// Sends what is written, if that is enough for a piece.
    pub async fn flush_full(&mut self) -> Result<(), Error> {
        if self.buffer.len() < FULL { Ok(()) } else { self.finish().await }
    }

    /// Sends what is written.
    pub async fn finish(&mut self) -> Result<(), Error> {
        let written = std::mem::replace(&mut self.buffer, Vec::with_capacity(FULL));
        // one log of the longest session, corrected again and again, is more than a piece
        for data in written.chunks(FULL) {
            let content_type = self.media_type.to_owned();
            let piece = HttpBody { content_type, data: data.to_vec(), extensions: Vec::new() };
            let sent = self.to.send_timeout(Ok(piece), PATIENCE).await;
            sent.map_err(|_| Error::unavailable("nobody takes the document"))?;
        }
        Ok(())
    }

    /// Ends the document with the fault that keeps it from being finished.
    pub async fn fail(&self, error: Error) {
        // who has gone away does not want to know
        let _ = self.to.send_timeout(Err(error.into()), PATIENCE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_long_leaves_in_pieces_and_what_is_short_waits() {
        let (mut pieces, mut from) = Pieces::new("application/json");
        pieces.buffer.extend_from_slice(b"[1]");
        pieces.flush_full().await.unwrap();
        assert!(from.try_recv().is_err());
        pieces.buffer.resize(FULL + 1, b' ');
        pieces.flush_full().await.unwrap();
        let mut sent = || from.try_recv().unwrap().unwrap().data.len();
        assert_eq!([sent(), sent()], [FULL, 1]);
    }

    #[tokio::test]
    async fn writing_ends_when_nobody_takes_the_document() {
        let (mut pieces, from) = Pieces::new("application/json");
        drop(from);
        pieces.buffer.resize(FULL, b' ');
        assert!(pieces.flush_full().await.is_err());
    }
}
