//! The credential of a kubeconfig's user. Bearer tokens and passwords are taken out of `kube`'s hands and
//! become one header, so that a token can be renewed without new connections; certificates stay with it.

use std::path::PathBuf;
use std::time::Duration;

use http::header::HeaderValue;
use kube::config::AuthInfo;
use trawl_fleet::SecretRef;

use crate::error::{Error, ErrorKind};
use crate::exec;
use crate::limits::SECRET_FILE_AGE;
use crate::secret::{self, Secret};

/// What goes with each request, and for how long.
#[derive(Default)]
pub(crate) struct Authorization {
    pub(crate) header: Option<HeaderValue>,
    /// None: as long as the remote takes it.
    pub(crate) valid_for: Option<Duration>,
}

/// Takes the credential out of `auth`, leaving client certificates (a plugin's too) in it. The order is
/// client-go's: token file, token, password, provider, plugin.
///
/// # Errors
/// A token file cannot be read, or the plugin gives nothing.
pub(crate) async fn take(auth: &mut AuthInfo, subject: &str) -> Result<Authorization, Error> {
    let token = exposed(auth, "token");
    let password = exposed(auth, "password");
    let username = auth.username.take();
    let file = auth.token_file.take().filter(|path| !path.is_empty());
    let plugin = auth.exec.take();
    let provider = auth.auth_provider.take();
    auth.token = None;
    auth.password = None;
    let what = format!("the token of {subject}");
    let bearer = |token: &Secret| token.header("Bearer ", &what).map(Some);

    if let Some(path) = file {
        let token = secret::resolve(&SecretRef::File(PathBuf::from(path)))
            .await?
            .trimmed();
        return Ok(Authorization {
            header: bearer(&token)?,
            valid_for: Some(SECRET_FILE_AGE),
        });
    }
    if let Some(token) = token {
        return Ok(Authorization {
            header: bearer(&Secret::new(token))?,
            valid_for: None,
        });
    }
    if let (Some(username), Some(password)) = (username, password) {
        let pair = Secret::new(password).basic(&username);
        let header = pair.header("Basic ", "the password of the kubeconfig")?;
        return Ok(Authorization {
            header: Some(header),
            valid_for: None,
        });
    }
    if let Some(provider) = provider {
        let token = provider
            .config
            .get("id-token")
            .filter(|_| provider.name == "oidc");
        let Some(token) = token else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{subject} uses the auth-provider `{}`, which Kubernetes removed in 1.26", provider.name),
            )
            .hint("use its credential plugin instead (`exec`), such as gke-gcloud-auth-plugin or kubelogin"));
        };
        return Ok(Authorization {
            header: bearer(&Secret::new(token.clone()))?,
            valid_for: None,
        });
    }
    let Some(plugin) = plugin else {
        return Ok(Authorization::default());
    };
    let credential = exec::run(&plugin, subject).await?;
    if let Some((certificate, key)) = credential.certificate {
        use base64::Engine;
        let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
        auth.client_certificate = None;
        auth.client_key = None;
        auth.client_certificate_data = Some(encode(certificate));
        auth.client_key_data = Some(encode(key).into());
    }
    let header = match credential.token {
        Some(token) => bearer(&Secret::new(token))?,
        None => None,
    };
    Ok(Authorization {
        header,
        valid_for: credential.valid_for,
    })
}

/// A secret field. `kube`'s type gives it out to its serialiser only.
fn exposed(auth: &AuthInfo, field: &str) -> Option<String> {
    let fields = serde_json::to_value(auth).ok()?;
    let text = fields.get(field)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
