//! What can be done to any server.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::process::Process;
use crate::program::Line;

/// How long a start may take: a broker that was killed was seen to take over a minute, while others kept two slow cores busy.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long what ends again is started again: what a killed one left behind may be in use for a moment more.
const IN_USE: Duration = Duration::from_secs(6);

/// How a server shows that it is up.
pub struct Probe {
    pub port: u16,
    /// What to say to it.
    pub hello: Vec<u8>,
    /// What its answer begins with.
    pub answer: &'static [u8],
}

/// The signals a server knows.
pub struct Signals {
    /// Ends it in good order.
    pub stop: &'static str,
    /// Ends it at once.
    pub last: &'static str,
}

/// A server that runs, or did, or will again.
pub struct Server {
    line: Line,
    probe: Probe,
    signals: Signals,
    log: PathBuf,
    running: Mutex<Option<Process>>,
}

impl Server {
    pub(crate) async fn start(line: Line, probe: Probe, signals: Signals, log: PathBuf) -> Self {
        let server = Self { line, probe, signals, log, running: Mutex::default() };
        server.restart().await;
        server
    }

    /// The port it listens on, on 127.0.0.1; the same after a restart.
    pub fn port(&self) -> u16 {
        self.probe.port
    }

    /// All that it has written to its log.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).expect("its log")).into_owned()
    }

    /// The process, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.running().as_ref().map(Process::id)
    }

    /// kill -9 of the server and all its processes, as when the machine fails; waits until it is gone.
    pub async fn kill9(&self) {
        self.end(|process| process.signal_all("KILL")).await;
    }

    /// Ends it in good order, and waits until it is gone.
    pub async fn stop(&self) {
        self.end(|process| process.signal(self.signals.stop)).await;
    }

    /// Starts it again on the same data, or for the first time, and waits until it is up. Stops it before where needed.
    pub async fn restart(&self) {
        self.stop().await;
        let begin = Instant::now();
        self.spawn();
        while !self.is_up().await {
            assert!(begin.elapsed() < PATIENCE, "it did not come up in time:\n{}", self.end_of_log());
            sleep(Duration::from_millis(10)).await;
            if self.running().as_mut().is_none_or(Process::has_ended) {
                assert!(begin.elapsed() < IN_USE, "it did not come up:\n{}", self.end_of_log());
                sleep(Duration::from_millis(200)).await;
                self.spawn();
            }
        }
    }

    /// Freezes it: connections stay open, and nobody answers.
    pub fn sigstop(&self) {
        self.signal_all("STOP");
    }

    /// Ends a freeze.
    pub fn sigcont(&self) {
        self.signal_all("CONT");
    }

    fn signal_all(&self, name: &str) {
        self.running().as_ref().expect("it runs").signal_all(name);
    }

    async fn end(&self, signal: impl FnOnce(&Process)) {
        let process = self.running().take();
        if let Some(mut process) = process {
            signal(&process);
            // one that is frozen would hear nothing else
            process.signal_all("CONT");
            process.ended().await;
        }
    }

    fn spawn(&self) {
        let log = File::options().create(true).append(true).open(&self.log).expect("a log");
        let mut command = self.line.command(self.signals.last);
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        *self.running() = Some(Process::start(command, self.signals.last));
    }

    async fn is_up(&self) -> bool {
        let answer = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.probe.port)).await.ok()?;
            stream.write_all(&self.probe.hello).await.ok()?;
            let mut answer = vec![0; self.probe.answer.len()];
            stream.read_exact(&mut answer).await.ok()?;
            Some(answer)
        };
        matches!(timeout(Duration::from_secs(5), answer).await, Ok(Some(answer)) if answer == self.probe.answer)
    }

    fn running(&self) -> MutexGuard<'_, Option<Process>> {
        self.running.lock().expect("the process")
    }

    fn end_of_log(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(4000)..]).into_owned()
    }
}
