//! Owns how long something took, and how much of this process's CPU; refuses the CPU of others.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

/// Ticks a second of the CPU times in `/proc`: USER_HZ, which Linux promises to be 100 on every machine that we know.
const TICKS: f64 = 100.0;

/// What something cost.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cost {
    /// Wall time.
    pub wall: Duration,
    /// CPU time of all threads of this process, in steps of 10 ms.
    pub cpu: Duration,
}

/// A running measurement.
pub struct Clock {
    began: Instant,
    cpu: Duration,
}

impl Clock {
    /// Begins.
    ///
    /// # Errors
    /// When the system does not tell the time that this process has used.
    pub fn start() -> Result<Self> {
        Ok(Self {
            cpu: used()?,
            began: Instant::now(),
        })
    }

    /// Ends.
    ///
    /// # Errors
    /// As [`Clock::start`].
    pub fn stop(self) -> Result<Cost> {
        let wall = self.began.elapsed();
        Ok(Cost {
            wall,
            cpu: used()?.saturating_sub(self.cpu),
        })
    }
}

/// CPU time that this process has used: utime and stime, fields 14 and 15 of proc_pid_stat(5).
fn used() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |at: usize| -> Result<f64> {
        let text = behind_name.split_whitespace().nth(at);
        Ok(text.context("a field of /proc/self/stat")?.parse()?)
    };
    Ok(Duration::from_secs_f64((field(11)? + field(12)?) / TICKS))
}
