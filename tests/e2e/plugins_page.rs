//! `docs/plugins.md` as somebody follows it: for each language its commands run in order, in a home of their own, against the remote
//! that the page has them start; what the page shows of them must come. `UPDATE_EXPECT=1` rewrites nothing here: the page is the rule.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use trawl_programs::projects;

/// The port that the page's remote has.
const PORT: &str = "8080";
/// How long the remote may take to answer first.
const PATIENCE: Duration = Duration::from_secs(30);

/// A fenced block of the page.
struct Block {
    language: String,
    text: String,
    /// Its first line, from 1.
    line: usize,
    /// Whether it stands directly behind the one before it.
    joined: bool,
}

/// The page's blocks below headings that these words begin.
fn blocks(page: &str, sections: &[&str]) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut inside, mut open, mut joined) = (false, None::<Block>, false);
    for (number, line) in (1..).zip(page.lines()) {
        if let Some(block) = &mut open {
            if line == "```" {
                found.extend(open.take());
                joined = true;
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
        } else if let Some(language) = line.strip_prefix("```").filter(|_| inside) {
            open = Some(Block {
                language: language.to_owned(),
                text: String::new(),
                line: number + 1,
                joined,
            });
        } else {
            joined = false;
            if let Some(heading) = line.strip_prefix("## ") {
                inside = sections.contains(&heading);
            }
        }
    }
    found
}

/// The page's remote, which ends with the test.
struct Remote(Child);

impl Remote {
    fn start(folder: &Path, script: &str, port: &str) -> Self {
        fs::write(folder.join("remote.py"), script.replace(PORT, port)).unwrap();
        let child = Command::new("python3")
            .arg("remote.py")
            .current_dir(folder)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let remote = Self(child);
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        let begun = std::time::Instant::now();
        while trawl_programs::http::get(address, "/api/items").is_none() {
            assert!(
                begun.elapsed() < PATIENCE,
                "the page's remote does not answer"
            );
            std::thread::yield_now();
        }
        remote
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Somebody's machine: a home, a working folder, and `trawl` on the path.
struct Machine {
    folder: TempDir,
    port: String,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(crate::support::home()).unwrap();
        for part in ["bin", "home", "work"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let trawl = folder.path().join("bin/trawl");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_trawl"), trawl).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        Self { folder, port }
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Runs a block; its stdout.
    fn run(&self, block: &Block) -> String {
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default();
        let of = |name: &str, folder: &str| {
            std::env::var_os(name).unwrap_or_else(|| home.join(folder).into())
        };
        let mut folders = vec![self.folder.path().join("bin")];
        folders.extend(std::env::split_paths(&projects::path()));
        let output = Command::new("bash")
            .args([
                "-euo",
                "pipefail",
                "-c",
                &block.text.replace(PORT, &self.port),
            ])
            .current_dir(self.work())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("HOME", self.folder.path().join("home"))
            // What is compiled and downloaded once need not be again.
            .env("XDG_CACHE_HOME", crate::support::home().join("cache"))
            .env("CARGO_HOME", of("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", of("RUSTUP_HOME", ".rustup"))
            .env(
                "CARGO_TARGET_DIR",
                crate::support::home().join("page-target"),
            )
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("CLUSTER_CONFIG_PATH")
            .env_remove("KUBECONFIG")
            .env_remove("TRAWL_PLUGINS")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let (stdout, stderr) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success(),
            "docs/plugins.md:{}: {}\n{stdout}{stderr}",
            block.line,
            output.status
        );
        stdout.into_owned()
    }
}

/// Follows the page in one language.
fn follow(section: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plugins.md");
    let page = fs::read_to_string(path).unwrap();
    if !crate::support::has(&["python3", "bash"]) {
        return;
    }
    let machine = Machine::new();
    let remote = blocks(&page, &["A remote to play with"]);
    assert_eq!(remote.len(), 1, "the page has one remote");
    let _remote = Remote::start(&machine.work(), &remote[0].text, &machine.port);

    let blocks = blocks(&page, &[section, "Install it"]);
    let mut said = String::new();
    let (mut ran, mut compared) = (0, 0);
    for block in &blocks {
        match block.language.as_str() {
            "sh" => {
                said = machine.run(block);
                ran += 1;
                let project = machine.work().join("tickets");
                if ran == 1 {
                    if !projects::equip(&project) {
                        return;
                    }
                    let clusters = project.join("tests/clusters.yaml");
                    let text = fs::read_to_string(&clusters).unwrap();
                    fs::write(&clusters, text.replace(PORT, &machine.port)).unwrap();
                }
            }
            "text" if block.joined => {
                assert_eq!(
                    said.trim_end(),
                    block.text.trim_end(),
                    "docs/plugins.md:{}",
                    block.line
                );
                compared += 1;
            }
            _ => {}
        }
    }
    assert!(
        ran >= 6 && compared >= 3,
        "{section}: {ran} blocks ran, {compared} were compared"
    );
}

#[test]
fn the_page_in_javascript() {
    follow("In JavaScript");
}

#[test]
fn the_page_in_python() {
    follow("In Python");
}

#[test]
fn the_page_in_rust() {
    follow("In Rust");
}
