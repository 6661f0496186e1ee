//! What processes have used, by what Linux tells of them.

use std::collections::BTreeSet;
use std::fs;

/// The unit of times in /proc.
const TICKS_A_SECOND: f64 = 100.0;

/// A process and those it started, such as PostgreSQL's one for each connection.
pub fn family(root: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::from([root]);
    loop {
        let before = found.len();
        for entry in fs::read_dir("/proc").expect("Linux").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            if fields(pid).is_some_and(|fields| found.contains(&(fields[1] as u32))) {
                found.insert(pid);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// The seconds of CPU that processes have used so far, with what those of their children used that have ended.
pub fn cpu_seconds(pids: impl IntoIterator<Item = u32>) -> f64 {
    let ticks = pids.into_iter().filter_map(fields).map(|fields| fields[11..15].iter().sum::<f64>());
    ticks.sum::<f64>() / TICKS_A_SECOND
}

/// What /proc/[pid]/stat says behind the name: the state is number 0, the parent 1, the four times 11 to 14.
fn fields(pid: u32) -> Option<Vec<f64>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(|field| field.trim().parse().unwrap_or_default()).collect())
}
