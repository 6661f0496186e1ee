use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports that the kernel does not give to outgoing connections, so that a server finds its own again after a restart.
const FIRST: u16 = 15_000;
const COUNT: u16 = 17_000;

/// A port that no other test takes while this lives, whether its server is up or not.
pub struct Port {
    pub number: u16,
    /// The lock that says so to other processes; it ends with this process at the latest.
    _lock: File,
}

impl Port {
    pub fn reserve() -> Self {
        static TRIED: AtomicU16 = AtomicU16::new(0);
        // tests that start together begin to search far from one another
        let begin = (std::process::id().wrapping_mul(7919) % u32::from(COUNT)) as u16;
        for _ in 0..COUNT {
            let step = TRIED.fetch_add(1, Ordering::Relaxed);
            let number = FIRST + (begin.wrapping_add(step)) % COUNT;
            if let Some(port) = Self::take(number) {
                return port;
            }
        }
        panic!("no port from {FIRST} on is free");
    }

    fn take(number: u16) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("praan-test-ports-{}", user()));
        fs::create_dir_all(&folder).expect("a folder for the locks of ports");
        let lock = File::create(folder.join(number.to_string())).ok()?;
        lock.try_lock().ok()?;
        TcpListener::bind(("127.0.0.1", number)).ok()?;
        Some(Self { number, _lock: lock })
    }
}

/// The id of the user we are.
pub fn user() -> u32 {
    fs::metadata("/proc/self").expect("a process has an entry in /proc").uid()
}
