//! Owns a PostgreSQL with an empty cluster of databases, reached by a socket in a temporary folder; refuses TCP.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::is_missing;

/// Where Debian keeps the server's programs, one folder for each version, outside of PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
/// It refuses to run as root; Debian makes this user for it.
const USER: &str = "postgres";

/// A PostgreSQL; ended when dropped.
pub struct Postgres {
    process: Child,
    folder: tempfile::TempDir,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killed it would leave its children behind for a moment, in a folder that goes away.
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let _ = self.process.wait();
    }
}

/// The folder of `initdb` and `postgres`.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    std::env::split_paths(&path)
        .chain(debian)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// A program as a user that may run PostgreSQL.
fn command(program: &Path, is_root: bool) -> Command {
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
        .arg(program);
    command
}

impl Postgres {
    /// Starts it and waits until it accepts connections. None where there is no PostgreSQL.
    ///
    /// # Panics
    /// Under CI where there is none.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            is_missing("postgresql");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let is_root = folder.path().metadata().unwrap().uid() == 0;
        if is_root {
            let owned = Command::new("chown").arg(USER).arg(folder.path()).status();
            assert!(owned.unwrap().success(), "no user {USER}");
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        }
        let data = folder.path().join("data");
        let made = command(&programs.join("initdb"), is_root)
            .current_dir(folder.path())
            .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .args(["--username", USER, "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{errors}");
        let mut process = command(&programs.join("postgres"), is_root)
            .current_dir(folder.path())
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let is_ready = lines
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line.contains("ready to accept connections"));
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let postgres = Self { process, folder };
        assert!(is_ready, "PostgreSQL ended before it was ready");
        Some(postgres)
    }

    /// The address of one of its databases; `postgres` is there from the start.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://{USER}@localhost/{database}?host={socket}")
    }

    /// Runs a statement and gives what it says.
    ///
    /// # Panics
    /// When it refuses.
    pub fn run(&self, database: &str, statement: &str) -> String {
        let ran = Command::new("psql")
            .args(["-X", "-A", "-t", "-q", "-h"])
            .arg(self.folder.path())
            .args(["-U", USER, "-d", database, "-v", "ON_ERROR_STOP=1", "-c"])
            .arg(statement)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{errors}");
        String::from_utf8(ran.stdout).unwrap()
    }
}
