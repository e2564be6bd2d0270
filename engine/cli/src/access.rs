//! From the flags of `trawl serve` to who may ask and over what. Refuses to show a fleet to a network without tokens and TLS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use trawl_server::{AppState, Audit, Callers, Limits, Options, Tls, kept_token};

use crate::args::Access;
use crate::exit::Failure;

/// Names of callers that a message lists.
const NAMES_LISTED: usize = 20;

/// Who may ask, and over what.
#[derive(Debug)]
pub struct Door {
    /// The callers.
    pub callers: Callers,
    /// Where the machine's own token is, when that is what is asked for.
    pub token: Option<PathBuf>,
    /// Where audit lines go.
    pub audit: Audit,
    /// TLS and limits.
    pub options: Options,
    hosts: Vec<String>,
}

impl Door {
    /// As the flags say.
    ///
    /// # Errors
    /// When they would let in anybody, or a file of them cannot be used.
    pub fn of(access: &Access, listen: SocketAddr) -> Result<Self, Failure> {
        let usage = Failure::Usage;
        if !listen.ip().is_loopback() {
            if access.tokens.is_none() {
                return Err(usage(format!(
                    "--listen {listen}: beyond loopback callers need tokens; name their file with --tokens (`trawl token` makes entries)"
                )));
            }
            if access.tls_cert.is_none() && !access.insecure_http {
                return Err(usage(format!(
                    "--listen {listen}: beyond loopback tokens need TLS; name a certificate with --tls-cert and --tls-key, or say --insecure-http when a proxy in front speaks TLS"
                )));
            }
        }
        let tls = match (&access.tls_cert, &access.tls_key) {
            (Some(cert), Some(key)) => Some(Tls {
                cert: cert.clone(),
                key: key.clone(),
            }),
            _ => None,
        };
        if let Some(tls) = &tls {
            tls.check().map_err(usage)?;
        }
        let (callers, token) = match &access.tokens {
            Some(file) => (Callers::of_file(file).map_err(usage)?, None),
            None if access.no_auth => (Callers::everybody(), None),
            None => {
                let path = token_path()?;
                let token = kept_token(&path).map_err(usage)?;
                (Callers::local(&token), Some(path))
            }
        };
        let audit = match access.audit.as_deref() {
            None => Audit::default(),
            Some(path) if path == Path::new("-") => Audit::to_stderr(),
            Some(path) => Audit::to_file(path)
                .map_err(|error| usage(format!("--audit {}: {error}", path.display())))?,
        };
        let usual = Limits::default();
        let limits = Limits {
            connections: access.connections.unwrap_or(usual.connections),
            per_address: access.connections_per_address.unwrap_or(usual.per_address),
            drain_time: access.drain.unwrap_or(usual.drain_time),
            ..usual
        };
        Ok(Self {
            callers,
            token,
            audit,
            options: Options { tls, limits },
            hosts: access.hosts.clone(),
        })
    }

    /// Refuses a name that no caller has.
    ///
    /// # Errors
    /// With the names that there are.
    pub fn knows(&self, name: &str) -> Result<(), Failure> {
        let names: Vec<String> = self.callers.names().into_iter().map(|(it, _)| it).collect();
        if names.iter().any(|it| it == name) {
            return Ok(());
        }
        let near = trawl_lang::nearest(name, names.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let more = names.len().saturating_sub(NAMES_LISTED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let listed = names.get(..NAMES_LISTED).unwrap_or(&names).join(", ");
        Err(Failure::Usage(format!(
            "--alerts-as {name}: expected a name of the file of --tokens{near} (it has {listed}{more}; `trawl token {name}` makes an entry)"
        )))
    }

    /// The state of a server behind it.
    pub fn guard(&self, state: AppState) -> AppState {
        state
            .with_callers(self.callers.clone())
            .with_audit(self.audit.clone())
            .with_hosts(self.hosts.clone())
    }

    /// How its addresses begin.
    pub fn scheme(&self) -> &'static str {
        match self.options.tls {
            Some(_) => "https",
            None => "http",
        }
    }
}

/// `$XDG_STATE_HOME/trawl/token`, else `~/.local/state/trawl/token`.
fn token_path() -> Result<PathBuf, Failure> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|state| state.join("trawl/token"))
        .ok_or_else(|| {
            Failure::Usage(
                "there is no folder for this machine's token: set HOME or XDG_STATE_HOME, name callers with --tokens, or ask nobody with --no-auth".to_owned(),
            )
        })
}
