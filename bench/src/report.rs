//! Owns what is printed of the figures; refuses to judge them by anything but their goals.

use serde::Serialize;

use crate::Measured;

/// All that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What the network allows, by the form of the pages.
    pub floors: Vec<(&'static str, Measured)>,
    /// A query of a few objects of each cluster: what every query costs.
    pub least: Measured,
    /// What we reach.
    pub figures: Vec<Figure>,
}

/// A query against a floor.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// Which query.
    pub query: &'static str,
    /// What it is compared with.
    pub floor: &'static str,
    /// The query.
    pub ours: Measured,
    /// Wall time of ours by the floor's.
    pub wall: f64,
    /// CPU time of ours by the floor's; the fleet's is in neither.
    pub cpu: f64,
    /// What `wall` is to be at most.
    pub goal: f64,
    /// Whether it is.
    pub met: bool,
}

impl Figure {
    /// Compares.
    pub fn new(
        query: &'static str,
        ours: &Measured,
        floor: &'static str,
        measured: &Measured,
        goal: f64,
    ) -> Self {
        let wall = ours.cost.wall.as_secs_f64() / measured.cost.wall.as_secs_f64();
        Self {
            query,
            floor,
            ours: *ours,
            wall,
            cpu: ours.cost.cpu.as_secs_f64() / measured.cost.cpu.as_secs_f64(),
            goal,
            met: wall <= goal,
        }
    }
}

impl Report {
    /// Writes the tables to stdout.
    pub fn print(&self) {
        println!(
            "{:<22}{:>10}{:>10}{:>10}{:>10}",
            "floor", "MB", "ms", "CPU ms", "MB/s"
        );
        for (name, floor) in &self.floors {
            let megabytes = floor.bytes as f64 / 1e6;
            println!(
                "{name:<22}{megabytes:>10.1}{:>10}{:>10}{:>10.0}",
                floor.cost.wall.as_millis(),
                floor.cost.cpu.as_millis(),
                megabytes / floor.cost.wall.as_secs_f64()
            );
        }
        println!(
            "\na few objects of each cluster: {} ms",
            self.least.cost.wall.as_millis()
        );
        println!(
            "\n{:<22}{:<22}{:>8}{:>8}{:>10}{:>8}{:>8}{:>8}",
            "figure", "against", "ms", "guests", "MB", "wall", "CPU", "goal"
        );
        for figure in &self.figures {
            println!(
                "{:<22}{:<22}{:>8}{:>8}{:>10.1}{:>8.2}{:>8.2}{:>8.2}  {}",
                figure.query,
                figure.floor,
                figure.ours.cost.wall.as_millis(),
                figure.ours.guests_ms,
                figure.ours.bytes as f64 / 1e6,
                figure.wall,
                figure.cpu,
                figure.goal,
                if figure.met { "met" } else { "MISSED" }
            );
        }
    }
}
