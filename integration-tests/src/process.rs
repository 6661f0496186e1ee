//! The real binary as a process of its own, which can be killed at any moment and started again on the same data.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a process finds around it.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    logs: Option<PathBuf>,
}

impl Environment {
    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.insert(name.to_owned(), value.into());
    }

    /// What a variable is set to.
    pub fn get(&self, name: &str) -> &str {
        self.variables.get(name).unwrap_or_else(|| panic!("{name} is not set"))
    }

    /// Puts the value of a variable into a file of `folder`, as a secret is mounted, and names the file in its place.
    pub fn move_to_file(&mut self, name: &str, folder: &Path) {
        let (file, value) = (folder.join(name), self.variables.remove(name).expect("it is set"));
        std::fs::write(&file, value + "\n").expect("a file");
        self.set(&format!("{name}_FILE"), file.to_string_lossy());
    }

    /// Keeps log lines in files of a folder, one for each line of arguments.
    pub fn keep_logs(&mut self, folder: &Path) {
        self.logs = Some(folder.to_owned());
    }

    /// Takes over all that another has.
    pub fn extend(&mut self, other: &Self) {
        self.variables.extend(other.variables.clone());
        self.logs = other.logs.clone().or(self.logs.take());
    }

    /// Gives them to a command.
    pub fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(&self.variables)
    }
}

/// A running `praan`, or the object store.
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
    program: PathBuf,
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

    /// Starts an object store with its data in `folder`, as strict as the real one.
    pub async fn objects(folder: &Path) -> Self {
        let arguments = vec![folder.display().to_string()];
        let line = Line { program: beside("object-store"), arguments, environment: Environment::default() };
        Self::start(line, "127.0.0.1:0").await
    }

    async fn start(line: Line, address: &str) -> Self {
        let mut command = Command::new(&line.program);
        command.env("PRAAN_RATE_LIMITS", "off").env("PRAAN_LOG", "warn");
        line.environment.apply(command.args(&line.arguments).args(["--listen", address]));
        if let Some(log) = line.log() {
            command.stderr(log);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
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
            panic!("it ended before it was up");
        };
        let url = tokio::time::timeout(PATIENCE, said).await.expect("it is up in time");
        Self { child, line, url, metrics }
    }

    /// What it is, as its arguments say, such as `serve gateway`.
    pub fn name(&self) -> String {
        let words = self.line.arguments.iter().map(String::as_str);
        words.take_while(|word| !word.starts_with("--")).collect::<Vec<_>>().join(" ")
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

    /// Starts it again at any address.
    pub async fn restart_elsewhere(&mut self) {
        *self = Self::start(self.line.clone(), "127.0.0.1:0").await;
    }

    /// Starts one more of the same, at any address.
    pub async fn another(&self) -> Self {
        Self::start(self.line.clone(), "127.0.0.1:0").await
    }

    /// The memory it has in use, in KiB.
    pub fn memory(&self) -> u64 {
        self.kib("VmRSS:")
    }

    /// The part of it that is not pages of files, such as the binary, which all processes share that run it.
    pub fn own_memory(&self) -> u64 {
        self.kib("RssAnon:")
    }

    fn kib(&self, name: &str) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }

    /// The port of its door.
    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Sends a signal, such as `STOP`.
    pub async fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().await;
        assert!(sent.expect("kill runs").success());
    }

    /// SIGTERM, and whether it ended well.
    pub async fn terminate(mut self) -> bool {
        self.end().await
    }

    /// The same, of one that may be started again.
    pub async fn end(&mut self) -> bool {
        self.signal("TERM").await;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends in time");
        ended.expect("its status").success()
    }
}

impl Line {
    fn new(folder: &Path, line: &str, environment: &Environment) -> Self {
        let arguments = line.split(' ').map(str::to_owned);
        let arguments = arguments.chain(["--data-dir".to_owned(), folder.display().to_string()]).collect();
        Self { program: binary(), arguments, environment: environment.clone() }
    }

    /// Where its log goes, if not to the test's own.
    fn log(&self) -> Option<File> {
        let names: Vec<&str> =
            self.arguments.iter().map(String::as_str).take_while(|word| !word.starts_with("--")).collect();
        let file = self.environment.logs.as_ref()?.join(format!("{}.log", names.join("-")));
        Some(File::options().create(true).append(true).open(file).expect("a log file"))
    }
}

/// The URL that a line of the start says, if it does.
fn door(line: &str) -> Option<String> {
    match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["REST", url] => Some(url.trim_end_matches("/api/v1").to_owned()),
        ["Praan", "serves", .., address, "(gRPC)"] => Some(format!("http://{address}")),
        ["objects", address] => Some(format!("http://{address}")),
        _ => None,
    }
}

/// Runs a command of the operator's to its end, with what a process finds around it.
pub async fn operate(folder: &Path, line: &str, environment: &Environment) -> Output {
    let mut command = Command::new(binary());
    command.args(line.split(' ')).env("PRAAN_DATA_DIR", folder).stdin(Stdio::null());
    environment.apply(&mut command).output().await.expect("it runs")
}

/// The binary beside this test's own.
pub fn binary() -> PathBuf {
    beside("praan")
}

/// In the folder of this binary, or of a test, which lies one deeper.
fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    beside.unwrap_or_else(|| panic!("there is no {name}; `cargo build --workspace` makes it"))
}
