//! How far a query is, on one line of a terminal that is drawn again while it runs and gone before anything else is printed.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use trawl_exec::{Monitor, Progress, ProgressState as State};

use super::visible;

/// A query that is answered sooner shows nothing of the kind.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(100);
/// A target that takes longer is named.
const SLOW: Duration = Duration::from_secs(2);
/// The width of a terminal that does not say it.
const COLUMNS: usize = 80;

/// Whether the line is on the screen.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Whether there is somebody to show it to.
pub fn is_watched(quiet: bool) -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !quiet && !dumb && std::io::stderr().is_terminal()
}

/// Does something, and shows meanwhile how far a query is.
pub async fn during<T>(monitor: &Monitor, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let mut ticks = tokio::time::interval_at((began + PATIENCE).into(), EVERY);
    let mut work = std::pin::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = ticks.tick() => {
                let width = comfy_table::Table::new().width().map_or(COLUMNS, usize::from);
                draw(&line(&monitor.targets(), began.elapsed(), width));
            }
        }
    };
    clear();
    done
}

/// Takes the line off the screen.
pub fn clear() {
    if SHOWN.swap(false, Ordering::Relaxed) {
        // To the line's begin, and away with it (ECMA-48: CR, EL).
        let _ = std::io::stderr().write_all(b"\r\x1b[K");
    }
}

fn draw(line: &str) {
    SHOWN.store(true, Ordering::Relaxed);
    let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
}

/// What is told of targets after so long a time, in so many columns.
fn line(targets: &[Progress], elapsed: Duration, columns: usize) -> String {
    let seconds = |it: Duration| format!("{:.1} s", it.as_secs_f64());
    if targets.is_empty() {
        return format!("planning, {}", seconds(elapsed));
    }
    let open: Vec<&Progress> = targets
        .iter()
        .filter(|it| matches!(it.status, State::Open(_)))
        .collect();
    let rows: u64 = targets.iter().map(|it| it.rows).sum();
    let ended = targets.len().saturating_sub(open.len());
    let all = targets.len();
    let mut line = format!(
        "{ended} of {all} targets, {rows} rows, {}",
        seconds(elapsed)
    );
    let took = |it: &Progress| Duration::from_millis(it.elapsed_ms);
    let mut slow: Vec<&Progress> = open.into_iter().filter(|it| took(it) >= SLOW).collect();
    slow.sort_by_key(|it| std::cmp::Reverse(it.elapsed_ms));
    let names = slow.into_iter().map(|it| {
        let place = it.connection.as_ref().or(it.cluster.as_ref());
        let place = place.map_or(it.source.as_str(), String::as_str);
        visible(&format!("{place} {} ({})", it.table, seconds(took(it))))
    });
    let names: Vec<String> = names.collect();
    if !names.is_empty() {
        line.push_str(&format!("; waiting for {}", names.join(", ")));
    }
    // A line that wraps cannot be taken away as one.
    match line.char_indices().nth(columns.saturating_sub(1)) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_exec::{Open, Status};

    fn target(cluster: &str, status: State, rows: u64, elapsed_ms: u64) -> Progress {
        Progress {
            cluster: Some(cluster.to_owned()),
            connection: None,
            source: "kube".to_owned(),
            table: "pods".to_owned(),
            status,
            error: None,
            rows,
            requests: 1,
            bytes: 0,
            elapsed_ms,
        }
    }

    #[test]
    fn what_is_slow_is_named() {
        let running = State::Open(Open::Running);
        let targets = [
            target("eu", State::Ended(Status::Ok), 60, 100),
            target("us", running, 3, 2_400),
            target("ap", running, 0, 3_100),
            target("dev", running, 0, 900),
        ];
        let after = Duration::from_millis(3_200);
        assert_eq!(
            line(&targets, after, 80),
            "1 of 4 targets, 63 rows, 3.2 s; waiting for ap pods (3.1 s), us pods (2.4 s)"
        );
        assert_eq!(
            line(&targets, after, 40),
            "1 of 4 targets, 63 rows, 3.2 s; waiting…"
        );
        assert_eq!(
            line(&targets[..1], after, 80),
            "1 of 1 targets, 60 rows, 3.2 s"
        );
        assert_eq!(line(&[], after, 80), "planning, 3.2 s");
    }
}
