//! A certificate and its key, read anew when their files change, so that a renewal needs no restart.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::bad;
use crate::Error;
use crate::shutdown::Tasks;

/// What a process shows when it is asked who it is.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads the certificate, with its chain, and its key.
    pub fn read(chain: &Path, key: &Path, provider: &Arc<CryptoProvider>) -> Result<Arc<Self>, Error> {
        let shown = RwLock::new(Arc::new(certified(chain, key, provider)?));
        let (chain, key, provider) = (chain.to_owned(), key.to_owned(), provider.clone());
        Ok(Arc::new(Self { chain, key, provider, shown }))
    }

    /// Looks at the files again and again until the process stops. Files that are of no use change nothing, and are complained of.
    pub fn keep_fresh(self: &Arc<Self>, tasks: &Tasks, every: Duration) {
        let (certificate, stopping) = (self.clone(), tasks.token());
        let watching = async move {
            loop {
                tokio::time::sleep(every).await;
                let (again, file) = (certificate.clone(), certificate.chain.display().to_string());
                match tokio::task::spawn_blocking(move || again.refresh()).await {
                    Ok(Ok(true)) => tracing::info!(file, "a renewed certificate is shown from now on"),
                    Ok(Ok(false)) => {}
                    Ok(Err(error)) => error.log("reading a renewed certificate; the last one is still shown"),
                    Err(ended) => tracing::error!(%ended, "reading a renewed certificate"),
                }
            }
        };
        tasks.spawn("certificate", async move {
            stopping.run_until_cancelled(watching).await;
        });
    }

    /// Whether the files hold another certificate than before.
    fn refresh(&self) -> Result<bool, Error> {
        if certificates(&self.chain)? == self.now().cert {
            return Ok(false);
        }
        let renewed = Arc::new(certified(&self.chain, &self.key, &self.provider)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(true)
    }

    fn now(&self) -> Arc<CertifiedKey> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

impl ResolvesClientCert for Certificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Only what it is read from.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("chain", &self.chain).finish_non_exhaustive()
    }
}

/// The certificates of a PEM file, one at least.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let certificates = read().map_err(|error| bad(file, &error))?;
    if certificates.is_empty() {
        return Err(bad(file, &"it holds no certificate"));
    }
    Ok(certificates)
}

fn certified(chain: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    let certificates = certificates(chain)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, &error))?;
    CertifiedKey::from_der(certificates, key, provider).map_err(|error| bad(chain, &error))
}
