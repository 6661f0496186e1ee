//! One connection to one address, with or without TLS.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::Uri;
use tower::Service;

use crate::tls::Stream;

/// How long a connection may take to stand, TLS included.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connects to one address, whatever the name it was found by.
#[derive(Clone)]
pub(super) struct Connect {
    /// The address.
    pub(super) address: SocketAddr,
    /// How to speak TLS, and the name that the other side must prove.
    pub(super) tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
}

impl Connect {
    async fn stream(self) -> io::Result<TokioIo<Box<dyn Stream>>> {
        let stream = TcpStream::connect(self.address).await?;
        // without it small requests wait for the peer's acknowledgement
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(match self.tls {
            Some((config, name)) => Box::new(TlsConnector::from(config).connect(name, stream).await?),
            None => Box::new(stream),
        }))
    }
}

impl Service<Uri> for Connect {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.clone().stream();
        Box::pin(async move { tokio::time::timeout(PATIENCE, stream).await? })
    }
}
