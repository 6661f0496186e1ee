//! TLS 1.3, and no older one, by rustls: between processes, where each proves by a certificate of the house's own authority that it
//! belongs to the house, and at the public door, where the house alone proves who it is.

mod certificate;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::Error;
use crate::shutdown::Tasks;
use certificate::{Certificate, certificates};

/// How often to look whether a certificate was renewed.
pub const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// What a process proves itself with to the others of its house, and what it believes.
#[derive(Clone)]
pub struct Tls {
    certificate: Arc<Certificate>,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

/// What the public door proves itself with.
#[derive(Clone, Debug)]
pub struct PublicTls {
    certificate: Arc<Certificate>,
    server: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the certificate (with its chain), its key and the authority's certificates, all PEM.
    pub fn read(certificate: &Path, key: &Path, authority: &Path) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let shown = Certificate::read(certificate, key, &provider)?;
        let mut roots = RootCertStore::empty();
        for root in certificates(authority)? {
            roots.add(root).map_err(|error| bad(authority, &error))?;
        }
        let roots = Arc::new(roots);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        let verifier = verifier.map_err(|error| bad(authority, &error))?;
        let mut server = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13])
            .map_err(Error::internal)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(shown.clone());
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(Error::internal)?
            .with_root_certificates(roots)
            .with_client_cert_resolver(shown.clone());
        server.alpn_protocols = vec![b"h2".to_vec()];
        client.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { certificate: shown, client: Arc::new(client), server: Arc::new(server) })
    }

    /// Goes over to a renewed certificate within `every`, until the process stops.
    pub fn keep_fresh(&self, tasks: &Tasks, every: Duration) {
        self.certificate.keep_fresh(tasks, every);
    }

    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        self.client.clone()
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }
}

impl PublicTls {
    /// Reads the certificate (with its chain) and its key, both PEM.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let shown = Certificate::read(certificate, key, &provider)?;
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(Error::internal)?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { certificate: shown, server: Arc::new(server) })
    }

    /// Goes over to a renewed certificate within `every`, until the process stops.
    pub fn keep_fresh(&self, tasks: &Tasks, every: Duration) {
        self.certificate.keep_fresh(tasks, every);
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }
}

/// Bytes to and fro, in the clear or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

fn bad(file: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::illegal_state(format!("{} is of no use for TLS: {why}", file.display()))
}
