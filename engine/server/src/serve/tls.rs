//! The server's certificate, from files that are looked at again: a renewed one serves new connections, a wrong one changes nothing.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at: certificates are renewed weeks before they end.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where the certificate of a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The chain as PEM, its own certificate first.
    pub cert: PathBuf,
    /// Its private key as PEM.
    pub key: PathBuf,
}

/// What answers handshakes. Cheap to clone.
#[derive(Clone)]
pub(super) struct Acceptor {
    files: Tls,
    config: Arc<RwLock<Arc<ServerConfig>>>,
}

impl Tls {
    /// Answers handshakes with the certificate as it is now.
    ///
    /// # Errors
    /// When a file cannot be read, or both do not belong together.
    pub(super) fn acceptor(&self) -> io::Result<Acceptor> {
        let config = self.config().map_err(io::Error::other)?;
        Ok(Acceptor {
            files: self.clone(),
            config: Arc::new(RwLock::new(Arc::new(config))),
        })
    }

    /// Whether the files can be used.
    ///
    /// # Errors
    /// Why not; no message quotes a key.
    pub fn check(&self) -> Result<(), String> {
        self.config().map(|_| ())
    }

    fn config(&self) -> Result<ServerConfig, String> {
        let (cert, key) = (self.cert.display(), self.key.display());
        let chain = CertificateDer::pem_file_iter(&self.cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| format!("{cert}: expected a chain of certificates as PEM: {error}"))?;
        if chain.is_empty() {
            return Err(format!("{cert}: it has no certificate"));
        }
        let own = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| format!("{key}: expected a private key as PEM: {error}"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, own)
            .map_err(|error| format!("{cert} and {key} cannot be used: {error}"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn read(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        Some((
            std::fs::read(&self.cert).ok()?,
            std::fs::read(&self.key).ok()?,
        ))
    }
}

impl Acceptor {
    /// A handshake.
    pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(config).accept(stream).await
    }

    /// Looks at the files again and again.
    pub(super) async fn follow(self) {
        let mut last = self.files.read();
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let files = self.files.clone();
            let Ok(now) = tokio::task::spawn_blocking(move || files.read()).await else {
                continue;
            };
            if now != last {
                last = now;
                self.renew();
            }
        }
    }

    /// Takes over the files as they are now.
    fn renew(&self) {
        match self.files.config() {
            Ok(config) => {
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                tracing::info!("the certificate was renewed");
            }
            Err(why) => {
                tracing::error!(%why, "the certificate is not taken over, and the one before serves on");
            }
        }
    }
}
