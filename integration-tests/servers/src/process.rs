//! A process that cannot outlive the test.
//!
//! The kernel can send a process a signal when its parent ends, but it means the thread that started it. So all are started by
//! one thread, which ends with the process only, and not by a thread of some runtime.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

/// How long a process may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

type Order = (Command, Sender<std::io::Result<Child>>);

static STARTER: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
    let (sender, orders): (_, Receiver<Order>) = channel();
    std::thread::spawn(move || {
        for (mut command, answer) in orders {
            // whoever ordered it waits for it
            let _ = answer.send(command.stdin(Stdio::null()).spawn());
        }
    });
    Mutex::new(sender)
});

/// A process that is killed when this is dropped.
pub struct Process {
    child: Child,
    last_signal: &'static str,
}

impl Process {
    /// Starts it. `last_signal` ends it at once.
    pub fn start(command: Command, last_signal: &'static str) -> Self {
        let (answer, started) = channel();
        STARTER.lock().expect("the starter").send((command, answer)).expect("the starter listens");
        let child = started.recv().expect("an answer").expect("setpriv of util-linux starts it");
        Self { child, last_signal }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the state of our own process").is_some()
    }

    pub fn signal(&self, name: &str) {
        send(name, &[self.id()]);
    }

    /// The same to all its descendants too. It gets the signal first, so that it does not replace them.
    pub fn signal_all(&self, name: &str) {
        let descendants = descendants(self.id());
        self.signal(name);
        send(name, &descendants);
    }

    pub async fn ended(&mut self) {
        let begin = Instant::now();
        while !self.has_ended() {
            assert!(begin.elapsed() < PATIENCE, "process {} does not end", self.id());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Process {
    #[allow(clippy::disallowed_methods, reason = "nothing can be awaited here")]
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        self.signal(self.last_signal);
        // one that is stopped would not hear it
        self.signal_all("CONT");
        let begin = Instant::now();
        while !self.has_ended() {
            if begin.elapsed() > PATIENCE {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn send(name: &str, processes: &[u32]) {
    let processes = processes.iter().map(u32::to_string);
    // the shell has a kill of its own; one that is gone already is no fault
    let kill = ["-c", "kill -s \"$@\" 2>/dev/null", "kill", name];
    let _ = Command::new("sh").args(kill).args(processes).status().expect("a shell");
}

/// The processes that a process started, those that they started, and so on.
fn descendants(ancestor: u32) -> Vec<u32> {
    let folders = fs::read_dir("/proc").expect("the list of processes").flatten();
    let ids = folders.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while next < found.len() {
        let children = parents.iter().filter(|(_, parent)| *parent == found[next]).map(|(id, _)| *id);
        let children: Vec<u32> = children.collect();
        found.extend(children);
        next += 1;
    }
    found.split_off(1)
}

fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // the name before it is in brackets, and may hold anything
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
