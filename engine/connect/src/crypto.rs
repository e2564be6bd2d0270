//! The one choice of cryptography in this process: rustls with ring.

/// Makes ring the process's default. `kube` and `reqwest` take the default, and rustls panics where
/// there is none and two are compiled in.
pub(crate) fn install() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that another thread was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
