//! TLS 1.2 and 1.3 (rustls) around a connection, with a certificate that is read again when its files change: who renews
//! certificates every few weeks restarts no server for it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use judi_world::{Connection, Disk};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Protocols that are offered to clients (ALPN), the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A server's certificate at work.
#[derive(Debug)]
pub struct Tls {
    disk: Arc<dyn Disk>,
    cert_path: PathBuf,
    key_path: PathBuf,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The disk's own error.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{} holds no {expected} in PEM form: {detail}", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What was found.
        detail: String,
    },
    /// Certificate and key are of no use together.
    #[error("the certificate {} cannot be used with the key {}: {source}", cert.display(), key.display())]
    Unusable {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

/// The certificate that handshakes are answered with, and the bytes that it was read from.
#[derive(Debug)]
struct Current {
    certified: RwLock<Arc<CertifiedKey>>,
    files: RwLock<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// Reads a certificate chain, the server's own first, and its private key, both in PEM form.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(disk: Arc<dyn Disk>, cert_path: &Path, key_path: &Path) -> Result<Arc<Self>, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let files = read(&*disk, cert_path, key_path)?;
        let certified = certified(&files, cert_path, key_path, &provider)?;
        let current = Arc::new(Current { certified: RwLock::new(Arc::new(certified)), files: RwLock::new(files) });
        let unusable = |source| TlsError::Unusable { cert: cert_path.to_owned(), key: key_path.to_owned(), source };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = PROTOCOLS.iter().map(|protocol| protocol.to_vec()).collect();
        let (cert_path, key_path) = (cert_path.to_owned(), key_path.to_owned());
        Ok(Arc::new(Self { disk, cert_path, key_path, provider, current, config: Arc::new(config) }))
    }

    /// Reads the files again; true where they have changed, and new connections get the new certificate. To be called
    /// now and then, and when the process is asked to.
    ///
    /// # Errors
    /// [`TlsError`]; the certificate from before stays in use.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let files = read(&*self.disk, &self.cert_path, &self.key_path)?;
        if *self.current.files.read().unwrap_or_else(PoisonError::into_inner) == files {
            return Ok(false);
        }
        let certified = certified(&files, &self.cert_path, &self.key_path, &self.provider)?;
        *self.current.certified.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
        *self.current.files.write().unwrap_or_else(PoisonError::into_inner) = files;
        Ok(true)
    }

    /// The handshake.
    pub(crate) async fn accept<C: Connection>(&self, connection: C) -> io::Result<TlsStream<C>> {
        TlsAcceptor::from(Arc::clone(&self.config)).accept(connection).await
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.certified.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(disk: &dyn Disk, cert: &Path, key: &Path) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
    let read = |path: &Path| disk.read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source });
    Ok((read(cert)?, read(key)?))
}

fn certified(
    (cert, key): &(Vec<u8>, Vec<u8>),
    cert_path: &Path,
    key_path: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let not_pem = |path: &Path, expected, detail| TlsError::NotPem { path: path.to_owned(), expected, detail };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(cert)
        .collect::<Result<_, _>>()
        .map_err(|error| not_pem(cert_path, "certificate", error.to_string()))?;
    if chain.is_empty() {
        return Err(not_pem(cert_path, "certificate", "there is none".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_slice(key).map_err(|error| not_pem(key_path, "private key", error.to_string()))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|source| TlsError::Unusable {
        cert: cert_path.to_owned(),
        key: key_path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
