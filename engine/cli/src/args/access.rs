//! The arguments that say who may ask a server, and over what: of `trawl serve` and `trawl token`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use super::duration;

/// Who may ask, and over what.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Access {
    /// The file of callers: names, hashes of tokens, roles, scopes and budgets; it is read again when it changes [default: one token
    /// for this machine, kept in trawl/token of the user's state folder]
    #[arg(long, value_name = "FILE", conflicts_with = "no_auth")]
    pub tokens: Option<PathBuf>,
    /// Ask nobody for a token: whoever reaches the loopback address may do everything
    #[arg(long)]
    pub no_auth: bool,
    /// A name under which the server is reached, beside localhost and addresses; may be repeated
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// The server's certificate and its chain (PEM); it is read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Plain HTTP beyond loopback: a proxy in front speaks TLS
    #[arg(long, conflicts_with = "tls_cert")]
    pub insecure_http: bool,
    /// Where a JSON line for each request to the API goes: a file to append to, or `-` for stderr
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// Connections at once [default: 1024]
    #[arg(long, value_name = "N", value_parser = connections)]
    pub connections: Option<usize>,
    /// Connections of one address at once [default: 256]
    #[arg(long, value_name = "N", value_parser = connections)]
    pub connections_per_address: Option<usize>,
    /// Time that requests have to end once the server is asked to [default: 20s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub drain: Option<Duration>,
}

/// `trawl token`
#[derive(Debug, ClapArgs)]
pub struct Token {
    /// Whose it is, for audit and logs
    pub name: String,
    /// What it may do
    #[arg(long, value_enum, default_value_t = Role::Reader)]
    pub role: Role,
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Ask queries.
    Reader,
    /// See how the server does.
    Operator,
    /// Change what there is.
    Admin,
}

fn connections(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or_else(|| format!("expected a number of connections, at least 1, got `{text}`"))
}
