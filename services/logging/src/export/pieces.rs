//! The pieces in which a document leaves.

use std::time::Duration;

use chassis::Error;
use proto::google::api::HttpBody;
use tokio::sync::mpsc;
use tonic::Status;

/// The size from which a piece is sent.
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
        let data = std::mem::replace(&mut self.buffer, Vec::with_capacity(FULL));
        let piece = HttpBody { content_type: self.media_type.to_owned(), data, extensions: Vec::new() };
        let sent = self.to.send_timeout(Ok(piece), PATIENCE).await;
        sent.map_err(|_| Error::unavailable("nobody takes the document"))
    }

    /// Ends the document before its end.
    pub async fn fail(&self, error: Error) {
        // who has gone away does not want to know
        let _ = self.to.send_timeout(Err(error.into()), PATIENCE).await;
    }
}
