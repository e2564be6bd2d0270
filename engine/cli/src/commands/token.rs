//! `trawl token`: a new token on stdout, and on stderr the entry that lets it in. It is kept nowhere.

use trawl_server::{TokenHash, new_token};

use crate::args::{Role, Token};
use crate::exit::{Failure, Outcome};
use crate::output;

/// Makes a token.
///
/// # Errors
/// When the system has no randomness, or nobody reads stdout.
pub fn run(wanted: &Token) -> Result<Outcome, Failure> {
    let token = new_token().map_err(|error| Failure::Internal(anyhow::anyhow!(error)))?;
    let role = match wanted.role {
        Role::Reader => "reader",
        Role::Operator => "operator",
        Role::Admin => "admin",
    };
    let (name, hash) = (&wanted.name, TokenHash::of(&token));
    let entry = format!("- name: {name}\n  sha256: {hash}\n  role: {role}");
    // What it would be refused for when it is read.
    trawl_server::Callers::of_text(&format!("tokens:\n{entry}\n"))
        .map_err(|error| Failure::Usage(format!("`{name}`: {error}")))?;
    output::data(format!("{token}\n").as_bytes())?;
    output::words(&format!(
        "the token is shown once; its entry in the file of `trawl serve --tokens`:\n\ntokens:\n{entry}"
    ));
    Ok(Outcome::Complete)
}
