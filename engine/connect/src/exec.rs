//! The credential plugins of a kubeconfig (`exec`): one run gives a token or a client certificate, kept
//! until it ends. What they print is a secret and is never quoted.
//!
//! `kube` can run them too, but blocks a thread without a time limit, runs them three times for one
//! client, and quotes their output in its errors.

use std::process::Stdio;
use std::time::Duration;

use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use crate::error::{Error, ErrorKind};
use crate::limits::MAX_EXEC_OUTPUT_BYTES;
use crate::masked::{Masks, names_a_secret};

/// The version of the plugin protocol where the kubeconfig names none.
const DEFAULT_API_VERSION: &str = "client.authentication.k8s.io/v1";

/// What a plugin gave. No `Debug`: all of it is secret.
#[derive(Default)]
pub(crate) struct Credential {
    pub(crate) token: Option<String>,
    /// PEM certificate chain and key.
    pub(crate) certificate: Option<(String, String)>,
    /// From now on; none: it does not say.
    pub(crate) valid_for: Option<Duration>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecInfo<'a> {
    api_version: &'a str,
    kind: &'a str,
    spec: ExecSpec<'a>,
}

#[derive(Serialize)]
struct ExecSpec<'a> {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a kube::config::ExecAuthCluster>,
}

#[derive(Deserialize)]
struct ExecCredential {
    status: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the plugin. Dropping the future kills it.
///
/// # Errors
/// It cannot be started, fails, or prints no `ExecCredential`.
pub(crate) async fn run(config: &ExecConfig, subject: &str) -> Result<Credential, Error> {
    let Some(command) = config
        .command
        .as_deref()
        .filter(|command| !command.is_empty())
    else {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            format!("{subject}: `exec` without `command`"),
        ));
    };
    let failed = |what: String| {
        Error::new(
            ErrorKind::Unauthenticated,
            format!("the credential plugin `{command}` of {subject} {what}"),
        )
    };
    if config.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(failed(
            "wants a terminal (interactiveMode: Always), which a query has not".to_owned(),
        ));
    }
    let mut child = prepare(config, command)?.spawn().map_err(|error| {
        let hint = config
            .install_hint
            .as_deref()
            .filter(|hint| !hint.is_empty());
        failed(format!("cannot be started: {error}")).hint(
            hint.unwrap_or("install it, or put its folder into PATH")
                .trim(),
        )
    })?;
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let (stdout, stderr, status) = tokio::join!(read(stdout), read(stderr), child.wait());
    let status = status.map_err(|error| failed(format!("cannot be waited for: {error}")))?;
    if !status.success() {
        // To the operator's log only: what a plugin says may hold what it should not. What it was given as a secret is not logged.
        let mut stderr = stderr;
        given(config).overwrite(&mut stderr);
        let said = String::from_utf8_lossy(&stderr);
        tracing::warn!(%command, context = %subject, stderr = %said.trim(), "a credential plugin failed");
        return Err(failed(format!("failed with {status}"))
            .hint("run it by hand, or look at trawl's log (-v) for what it said"));
    }
    let output: ExecCredential = serde_json::from_slice(&stdout)
        .or_else(|_| serde_saphyr::from_slice(&stdout))
        .map_err(|_| failed("printed something that is no ExecCredential".to_owned()))?;
    credential(output.status.unwrap_or_default())
        .ok_or_else(|| failed("gave neither a token nor a certificate with its key".to_owned()))
}

fn prepare(config: &ExecConfig, command: &str) -> Result<Command, Error> {
    let info = ExecInfo {
        api_version: config.api_version.as_deref().unwrap_or(DEFAULT_API_VERSION),
        kind: "ExecCredential",
        spec: ExecSpec {
            interactive: false,
            cluster: config
                .cluster
                .as_ref()
                .filter(|_| config.provide_cluster_info),
        },
    };
    let info = serde_json::to_string(&info).map_err(|_| {
        Error::new(
            ErrorKind::Internal,
            "the plugin's cluster information is no JSON",
        )
    })?;
    let mut prepared = Command::new(command);
    prepared
        .args(config.args.iter().flatten())
        .env("KUBERNETES_EXEC_INFO", info)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for variable in config.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            prepared.env(name, value);
        }
    }
    Ok(prepared)
}

/// What a plugin is given that may be secret: its variables, and the values of options that say so.
fn given(config: &ExecConfig) -> Masks {
    let variables = config.env.iter().flatten();
    let variables = variables.filter_map(|variable| variable.get("value"));
    let args: Vec<&str> = config.args.iter().flatten().map(String::as_str).collect();
    let is_secret =
        |option: &str| option.starts_with('-') && names_a_secret(&option.to_lowercase());
    let joined = args.iter().filter_map(|arg| arg.split_once('='));
    let joined = joined.filter(|(option, _)| is_secret(option));
    let apart = args.windows(2).filter_map(|two| match two {
        [option, value] if is_secret(option) => Some(*value),
        _ => None,
    });
    let all = variables.map(String::as_str);
    let all = all.chain(joined.map(|(_, value)| value)).chain(apart);
    Masks::of(all.map(str::as_bytes))
}

/// Reads up to the limit and drains the rest, so that the plugin can end.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let mut limited = (&mut pipe).take(MAX_EXEC_OUTPUT_BYTES);
        // An unreadable pipe gives no credential, and that is reported as such.
        let _ = limited.read_to_end(&mut bytes).await;
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    bytes
}

fn credential(status: Status) -> Option<Credential> {
    let certificate = status.client_certificate_data.zip(status.client_key_data);
    let token = status.token.filter(|token| !token.is_empty());
    if certificate.is_none() && token.is_none() {
        return None;
    }
    let valid_for = status.expiration_timestamp.and_then(|text| {
        let end = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
        // One that ended already is renewed at the next request, not refused: our clock may be off.
        Some(Duration::try_from(end - OffsetDateTime::now_utc()).unwrap_or(Duration::ZERO))
    });
    Some(Credential {
        token,
        certificate,
        valid_for,
    })
}
