//! The real binary as a process of its own, which can be killed at any moment and started again on the same data.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `praan`.
pub struct Process {
    child: Child,
    /// Where its door is, such as `http://127.0.0.1:40123`.
    pub url: String,
}

impl Process {
    /// Starts `praan up` on a free port with its data in `folder`, and waits until it says where it is.
    pub async fn up(folder: &Path) -> Self {
        Self::start("up", folder, &[]).await
    }

    /// Starts `praan serve` with the services and options of `line`.
    pub async fn serve(folder: &Path, line: &str) -> Self {
        Self::start("serve", folder, &line.split(' ').collect::<Vec<_>>()).await
    }

    async fn start(verb: &str, folder: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command
            .args([verb, "--listen", "127.0.0.1:0", "--rate-limits", "off", "--log", "warn", "--data-dir"])
            .arg(folder);
        command.args(options).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("praan starts; `cargo build --workspace` makes it");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let said = async {
            while let Some(line) = lines.next_line().await.expect("its output") {
                if let Some(url) = address(&line) {
                    return url;
                }
            }
            panic!("praan ended before it was up");
        };
        let url = tokio::time::timeout(PATIENCE, said).await.expect("praan is up in time");
        Self { child, url }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// kill -9, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// SIGTERM, and whether it ended well.
    pub async fn terminate(mut self) -> bool {
        let sent = Command::new("kill").arg(self.id().to_string()).status().await.expect("kill runs");
        assert!(sent.success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends in time");
        ended.expect("its status").success()
    }
}

/// The URL that a line of the start says, if it does.
fn address(line: &str) -> Option<String> {
    match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["REST", url] => Some(url.trim_end_matches("/api/v1").to_owned()),
        ["Praan", "serves", .., address, "(gRPC)"] => Some(format!("http://{address}")),
        _ => None,
    }
}

/// The binary beside this test's own.
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    own.ancestors().nth(2).expect("the build folder").join("praan")
}
