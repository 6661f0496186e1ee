//! How many files and connections a process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the number of files and connections this process may have open, which many systems set to 1024, to the most that it may
/// set itself; returns it.
pub fn raise() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    // without a number there is no limit
    let open = if raised.is_ok() { maximum } else { current }.unwrap_or(u64::MAX);
    usize::try_from(open).unwrap_or(usize::MAX)
}
