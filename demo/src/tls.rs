//! Owns the fleet's certificates: one authority, a server certificate for loopback, one client certificate, and
//! the wrong server certificates that faults present. Keys are made at start and live as long as the process.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;

use crate::error::Error;
use crate::fault::Fault;

/// Both protocols that kube-apiserver offers; `kubectl` takes h2.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// A fleet lives for minutes; a day leaves room for clocks that differ.
const VALID_DAYS: i64 = 1;

/// A certificate with its key, in PEM, as a kubeconfig embeds them.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
}

/// The acceptors of a fleet: the good one, and those that faults put in its place.
#[derive(Clone)]
pub(crate) struct Acceptors {
    trusted: TlsAcceptor,
    untrusted: TlsAcceptor,
    expired: TlsAcceptor,
}

impl Acceptors {
    /// The acceptor for a connection that meets this fault.
    pub(crate) fn under(&self, fault: Option<&Fault>) -> &TlsAcceptor {
        match fault {
            Some(Fault::Untrusted) => &self.untrusted,
            Some(Fault::ExpiredCertificate) => &self.expired,
            _ => &self.trusted,
        }
    }
}

/// Everything of TLS that one fleet needs.
pub(crate) struct Authority {
    /// The authority's certificate in PEM: what a client must trust.
    pub(crate) ca_pem: String,
    /// A client certificate that the servers accept instead of a token.
    pub(crate) client: Identity,
    /// What the servers accept connections with.
    pub(crate) acceptors: Acceptors,
}

impl Authority {
    /// Makes the authority and all it signs.
    pub(crate) fn new() -> Result<Authority, Error> {
        let authority = issuer("trawl demo CA")?;
        let stranger = issuer("not the trawl demo CA")?;
        let now = OffsetDateTime::now_utc();
        let day = Duration::days(VALID_DAYS);
        let good = server_identity(&authority, now - day, now + day)?;
        let foreign = server_identity(&stranger, now - day, now + day)?;
        let ended = server_identity(&authority, now - day - day, now - day)?;
        let acceptor = |identity| acceptor(identity, authority.der());
        Ok(Authority {
            ca_pem: authority.pem(),
            client: client_identity(&authority, now - day, now + day)?,
            acceptors: Acceptors {
                trusted: acceptor(good)?,
                untrusted: acceptor(foreign)?,
                expired: acceptor(ended)?,
            },
        })
    }
}

fn failed(what: &str) -> impl Fn(rcgen::Error) -> Error {
    move |error| Error::Certificate {
        what: what.to_owned(),
        message: error.to_string(),
    }
}

fn issuer(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, Error> {
    let key = KeyPair::generate().map_err(failed(name))?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, key).map_err(failed(name))
}

type ServerIdentity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn server_identity(
    issuer: &CertifiedIssuer<'static, KeyPair>,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<ServerIdentity, Error> {
    let what = failed("a server on loopback");
    let key = KeyPair::generate().map_err(&what)?;
    let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default"].map(str::to_owned);
    let mut params = CertificateParams::new(names).map_err(&what)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "kube-apiserver");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (from, until);
    let certificate = params.signed_by(&key, issuer).map_err(&what)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Ok((certificate.der().clone(), PrivateKeyDer::Pkcs8(key)))
}

fn client_identity(
    issuer: &CertifiedIssuer<'static, KeyPair>,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Identity, Error> {
    let what = failed("the demo client");
    let key = KeyPair::generate().map_err(&what)?;
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "trawl-demo");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (from, until);
    let certificate = params.signed_by(&key, issuer).map_err(&what)?;
    Ok(Identity {
        certificate_pem: certificate.pem(),
        key_pem: key.serialize_pem(),
    })
}

fn acceptor(
    (certificate, key): ServerIdentity,
    ca: &CertificateDer<'static>,
) -> Result<TlsAcceptor, Error> {
    let failed = |message: String| Error::Certificate {
        what: "a server on loopback".to_owned(),
        message,
    };
    let provider = provider();
    let mut roots = RootCertStore::empty();
    roots
        .add(ca.clone())
        .map_err(|error| failed(error.to_string()))?;
    // Tokens are the usual way in, so a client without a certificate goes on to be asked for one of those.
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)
        .map_err(|error| failed(error.to_string()))?;
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_can_be_made_and_is_written_as_pem() {
        let authority = Authority::new().unwrap();
        assert!(authority.ca_pem.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(authority.client.key_pem.contains("PRIVATE KEY"));
        assert_ne!(
            authority.ca_pem,
            Authority::new().unwrap().ca_pem,
            "keys are made anew each time"
        );
    }
}
