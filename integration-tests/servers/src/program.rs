//! Where a program is, and on whose account it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::port;

/// A user of the machine.
pub struct Account {
    pub name: &'static str,
    pub user: u32,
    pub group: u32,
}

impl Account {
    /// PostgreSQL refuses to run as root; then it runs as the user that its package made. Nothing when we are not root.
    pub fn instead_of_root(name: &'static str) -> Option<Self> {
        (port::user() == 0).then(|| {
            let users = fs::read_to_string("/etc/passwd").expect("a list of users");
            let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
            let mut mine = fields.filter(|fields| fields.len() > 3 && fields[0] == name);
            let user =
                mine.next().unwrap_or_else(|| panic!("root needs a user {name} to run this server as"));
            let number = |field: usize| user[field].parse().expect("the id of a user");
            Self { name, user: number(2), group: number(3) }
        })
    }
}

/// How to run a program.
pub struct Line {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
    folder: PathBuf,
    account: Option<&'static str>,
}

impl Line {
    /// A program of a Debian package, looked for in `places` after those of PATH. It runs in `folder`.
    pub fn new(name: &str, package: &str, places: &[PathBuf], folder: &Path) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut found =
            places.iter().cloned().chain(std::env::split_paths(&path)).map(|place| place.join(name));
        let program = found
            .find(|program| program.is_file())
            .unwrap_or_else(|| panic!("{name} is missing: please install the Debian package {package}"));
        let (arguments, environment) = (Vec::new(), Vec::new());
        Self { program, arguments, environment, folder: folder.to_owned(), account: None }
    }

    pub fn account(mut self, account: Option<&Account>) -> Self {
        self.account = account.map(|account| account.name);
        self
    }

    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// Options as PostgreSQL takes them: `-c name=value`.
    pub fn settings(mut self, settings: &[&str]) -> Self {
        self.arguments.extend(settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
        self
    }

    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// The command, in a form that gets `last_signal` when the thread that starts it ends.
    pub fn command(&self, last_signal: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", last_signal]);
        if let Some(name) = self.account {
            command.args(["--reuid", name, "--regid", name, "--init-groups"]);
        }
        command.arg("--").arg(&self.program).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).current_dir(&self.folder);
        command
    }

    /// Runs it to its end and returns what it prints.
    pub async fn run(&self) -> String {
        self.try_run().await.unwrap_or_else(|told| panic!("{}: {told}", self.program.display()))
    }

    /// The same; what it told when it failed.
    pub async fn try_run(&self) -> Result<String, String> {
        let mut command = tokio::process::Command::from(self.command("KILL"));
        let output = command.kill_on_drop(true).output().await.expect("setpriv of util-linux starts it");
        let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let wrong = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(said) } else { Err(format!("{}\n{said}\n{wrong}", output.status)) }
    }
}
