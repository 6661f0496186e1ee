//! The real binary as a process of its own, which can be killed at any moment and started again on the same data.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Environment variables for a process.
#[derive(Clone, Default)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }
}

/// A running `praan`.
pub struct Process {
    child: Child,
    line: Line,
    /// Where its door is, such as `http://127.0.0.1:40123`.
    pub url: String,
    /// Where its metrics are, if `PRAAN_ADMIN_LISTEN` asks for them.
    pub metrics: Option<String>,
}

/// What is started.
#[derive(Clone)]
struct Line {
    folder: PathBuf,
    arguments: Vec<String>,
    environment: Environment,
}

impl Process {
    /// Starts `praan up` on a free port with its data in `folder`, and waits until it says where it is.
    pub async fn up(folder: &Path) -> Self {
        Self::up_with(folder, &Environment::default()).await
    }

    /// The same with environment variables.
    pub async fn up_with(folder: &Path, environment: &Environment) -> Self {
        Self::start(Line::new(folder, "up", environment), "127.0.0.1:0").await
    }

    /// Starts `praan serve` with the services and options of `line`.
    pub async fn serve(folder: &Path, line: &str) -> Self {
        Self::serve_with(folder, line, &Environment::default()).await
    }

    /// The same with environment variables.
    pub async fn serve_with(folder: &Path, line: &str, environment: &Environment) -> Self {
        Self::start(Line::new(folder, &format!("serve {line}"), environment), "127.0.0.1:0").await
    }

    async fn start(line: Line, address: &str) -> Self {
        let mut command = Command::new(binary());
        command.args(&line.arguments).args(["--listen", address, "--rate-limits", "off"]);
        command.env("PRAAN_LOG", "warn");
        command.arg("--data-dir").arg(&line.folder).envs(line.environment.0.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("praan starts; `cargo build --workspace` makes it");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut metrics = None;
        let said = async {
            while let Some(line) = lines.next_line().await.expect("its output") {
                match line.split_whitespace().collect::<Vec<_>>()[..] {
                    ["metrics", url, ..] => metrics = Some(url.to_owned()),
                    _ => {
                        if let Some(url) = door(&line) {
                            return url;
                        }
                    }
                }
            }
            panic!("praan ended before it was up");
        };
        let url = tokio::time::timeout(PATIENCE, said).await.expect("praan is up in time");
        Self { child, line, url, metrics }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// kill -9, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Starts what was killed again, at the same address.
    pub async fn restart(&mut self) {
        let address = self.url.trim_start_matches("http://").to_owned();
        *self = Self::start(self.line.clone(), &address).await;
    }

    /// Sends a signal, such as `STOP`.
    pub async fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().await;
        assert!(sent.expect("kill runs").success());
    }

    /// SIGTERM, and whether it ended well.
    pub async fn terminate(mut self) -> bool {
        self.signal("TERM").await;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends in time");
        ended.expect("its status").success()
    }
}

impl Line {
    fn new(folder: &Path, line: &str, environment: &Environment) -> Self {
        let arguments = line.split(' ').map(str::to_owned).collect();
        Self { folder: folder.to_owned(), arguments, environment: environment.clone() }
    }
}

/// The URL that a line of the start says, if it does.
fn door(line: &str) -> Option<String> {
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
