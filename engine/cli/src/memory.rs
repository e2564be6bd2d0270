//! How much memory all queries of a server have together where nobody says: a part of what this process may have, by its control group or
//! by the machine. Owns where that stands; what is done with it is the engine's.

use std::path::{Path, PathBuf};

/// The part of it, in percent. The rest is for the code of plugins, rows that are kept, answers on their way, and what nobody counts.
const PERCENT: u64 = 60;

/// What a machine is taken to have that does not say it.
const UNKNOWN_BYTES: u64 = 4 << 30;

/// What queries have together.
pub fn of_queries() -> usize {
    let there = available(Path::new("/")).unwrap_or(UNKNOWN_BYTES);
    usize::try_from(part(there)).unwrap_or(usize::MAX)
}

fn part(there: u64) -> u64 {
    (there / 100).saturating_mul(PERCENT)
}

/// What this process may have: the least of the machine's memory and of the limits of its control groups.
fn available(root: &Path) -> Option<u64> {
    let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(|line| limits_of(root, line));
    limits.chain(machine(root)).min()
}

/// The limits of a line of `/proc/self/cgroup`, `ID:CONTROLLERS:PATH`. Those of the groups around it hold too; within a container the path
/// can be one that is not there, and the group is the mounted one.
fn limits_of(root: &Path, line: &str) -> Vec<u64> {
    let mut fields = line.splitn(3, ':');
    let (_, controllers, path) = (fields.next(), fields.next(), fields.next());
    let (mount, file) = match controllers {
        Some("") => ("sys/fs/cgroup", "memory.max"),
        Some(all) if all.split(',').any(|it| it == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let mount = root.join(mount);
    let group = Path::new(path.unwrap_or_default().trim_start_matches('/'));
    let groups = group.ancestors().map(|group| mount.join(group).join(file));
    // `max` is no limit.
    groups
        .filter_map(|file: PathBuf| read(&file)?.trim().parse().ok())
        .collect()
}

/// The memory of the machine.
fn machine(root: &Path) -> Option<u64> {
    let all = read(&root.join("proc/meminfo"))?;
    let total = all
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn read(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    /// What is available where these files are.
    fn there(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let file = root.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        available(root.path())
    }

    const MACHINE: (&str, &str) = (
        "proc/meminfo",
        "MemFree:  1 kB\nMemTotal:       16777216 kB\nBuffers: 7 kB\n",
    );

    #[test]
    fn the_least_limit_counts_whatever_version_says_it() {
        assert_eq!(there(&[]), None);
        assert_eq!(there(&[MACHINE]), Some(16 * GIB));
        let two = ("proc/self/cgroup", "0::/a.slice/b.service\n");
        let own = |limit| ("sys/fs/cgroup/a.slice/b.service/memory.max", limit);
        let around = ("sys/fs/cgroup/a.slice/memory.max", "2147483648\n");
        assert_eq!(there(&[MACHINE, two, own("max\n")]), Some(16 * GIB));
        assert_eq!(there(&[MACHINE, two, own("4294967296\n")]), Some(4 * GIB));
        assert_eq!(
            there(&[MACHINE, two, own("4294967296\n"), around]),
            Some(2 * GIB)
        );
        // A container whose group has another name outside.
        let mounted = ("sys/fs/cgroup/memory.max", "1073741824\n");
        assert_eq!(there(&[MACHINE, two, mounted]), Some(GIB));
        let one = ("proc/self/cgroup", "5:cpu:/x\n4:memory:/docker/c\n0::/\n");
        let limit = (
            "sys/fs/cgroup/memory/docker/c/memory.limit_in_bytes",
            "3221225472\n",
        );
        let none = (
            "sys/fs/cgroup/memory/memory.limit_in_bytes",
            "9223372036854771712\n",
        );
        assert_eq!(there(&[MACHINE, one, limit, none]), Some(3 * GIB));
        assert_eq!(there(&[MACHINE, one, none]), Some(16 * GIB));
    }

    #[test]
    fn queries_have_a_part_of_it() {
        assert_eq!(part(100 * GIB), 60 * GIB);
        assert!(of_queries() > 0);
    }
}
