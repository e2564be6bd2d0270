//! Where a server keeps what is registered, as clap sees it.

use std::path::PathBuf;

use clap::Args;

/// The state database and its key.
#[derive(Debug, Clone, Default, Args)]
pub struct State {
    /// The database of registered clusters: a file, sqlite:FILE or postgres://… [default: trawl/state.db in the user's state folder]
    #[arg(
        long,
        env = "TRAWL_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: Option<String>,
    /// The file with the key that seals their credentials, made on first use [default: trawl/state.key in the user's state folder]
    #[arg(long, env = "TRAWL_STATE_KEY", value_name = "FILE")]
    pub state_key: Option<PathBuf>,
}
