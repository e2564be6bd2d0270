//! The API server of the cluster that this process runs in, by the pod's service account. The kubelet renews
//! token and CA in place, so both are read again.

use kube::config::{AuthInfo, Config};
use trawl_fleet::ServiceAccount;

use crate::error::{Error, ErrorKind};

/// The account's configuration, and the account for messages. The token is left to [`crate::kube_auth`].
///
/// # Errors
/// The CA cannot be read, or the address is none.
pub(crate) async fn config(account: &ServiceAccount) -> Result<(Config, String), Error> {
    let subject = "the pod's service account".to_owned();
    let wrong = |why: String| {
        Error::new(ErrorKind::InvalidConfig, format!("{subject}: {why}"))
            .hint("does the pod say `automountServiceAccountToken: false`?")
    };
    let server = account
        .server
        .parse()
        .map_err(|_| wrong("the address of its API server is no URL".to_owned()))?;
    let ca = account.folder.join("ca.crt");
    // Opened here for the message alone; `kube` reads it, and again each minute.
    tokio::fs::File::open(&ca)
        .await
        .map_err(|error| wrong(format!("{} cannot be read: {error}", ca.display())))?;
    let mut config = Config::new(server);
    config.root_cert_file = Some(ca);
    config.auth_info = AuthInfo {
        token_file: Some(account.folder.join("token").display().to_string()),
        ..AuthInfo::default()
    };
    Ok((config, subject))
}
