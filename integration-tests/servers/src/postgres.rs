//! PostgreSQL, a primary and replicas of it.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::folder::Folder;
use crate::port::Port;
use crate::program::{Account, Line};
use crate::server::{Probe, Server, Signals};

/// What survives the death of a process need not survive that of the machine.
const FORGETFUL: [&str; 3] = ["shared_buffers=64MB", "fsync=off", "full_page_writes=off"];

/// A PostgreSQL server. It trusts everybody: a role that may log in needs no password.
pub struct Postgres {
    // dropped in this order: the process before its files
    server: Server,
    folder: Folder,
    _port: Port,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a primary with the superuser `postgres`, and waits until it is up. When the machine fails, it may lose what it had.
    pub async fn start() -> Self {
        Self::start_with(&FORGETFUL).await
    }

    /// Starts one that is as durable as in production, for measuring.
    pub async fn start_durable() -> Self {
        Self::start_with(&["shared_buffers=512MB", "max_wal_size=4GB"]).await
    }

    async fn start_with(settings: &[&'static str]) -> Self {
        let folder = folder();
        let initdb = program("initdb", &folder);
        let options =
            ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        initdb.args(&options).args(&["--pgdata", "data"]).run().await;
        Self::run(folder, Port::reserve(), settings).await
    }

    /// Starts a streaming replica of this server, for reads only. Its slot keeps what it has not seen yet, also while it is down.
    pub async fn start_replica(&self) -> Self {
        let (folder, port) = (folder(), Port::reserve());
        let slot = format!("replica_{}", port.number);
        let backup = program("pg_basebackup", &folder);
        let how = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"];
        let backup = backup.args(&how).args(&["--create-slot", "--slot", &slot, "--pgdata", "data"]);
        backup.args(&["--dbname", &self.admin_url()]).run().await;
        Self::run(folder, port, &FORGETFUL).await
    }

    /// The URL of a database for a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port())
    }

    /// The database `postgres` as its superuser.
    pub fn admin_url(&self) -> String {
        self.url("postgres", "postgres")
    }

    /// Makes an empty database and returns its name.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}")).await;
        name
    }

    /// Runs statements as the superuser, and returns the rows: a line for each, columns parted by `|`.
    pub async fn sql(&self, database: &str, statements: &str) -> String {
        self.psql(database, statements).run().await
    }

    /// The same; the server's words when it refuses.
    pub async fn try_sql(&self, database: &str, statements: &str) -> Result<String, String> {
        self.psql(database, statements).try_run().await
    }

    /// Runs a script of pgbench's again and again over so many connections, with prepared statements, for so many seconds; how many
    /// times a second it came through.
    pub async fn pgbench(&self, database: &str, script: &str, clients: usize, seconds: u64) -> f64 {
        let file = self.folder.join("script.sql");
        std::fs::write(&file, script).expect("a script");
        let pgbench = program("pgbench", &self.folder).args(&["--no-vacuum", "--protocol=prepared"]);
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let pgbench = pgbench.args(&["--client", &clients, "--jobs", "1", "--time", &seconds]);
        let said =
            pgbench.args(&["--file", &file.to_string_lossy(), &self.url("postgres", database)]).run().await;
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.unwrap_or_else(|| panic!("pgbench tells no rate: {said}"))
    }

    fn psql(&self, database: &str, statements: &str) -> Line {
        let options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"];
        let psql = program("psql", &self.folder).args(&options);
        psql.args(&["--command", statements, &self.url("postgres", database)])
    }

    async fn run(folder: Folder, port: Port, settings: &[&str]) -> Self {
        let (data, number) = (folder.join("data"), port.number.to_string());
        let line =
            program("postgres", &folder).args(&["-D", &data.to_string_lossy(), "-p", &number]).settings(&[
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "max_connections=300",
                // a replica tries again this soon when its primary is away
                "wal_retrieve_retry_interval=200ms",
                // in the data folder, which goes; shared memory in /dev/shm would stay after kill -9
                "dynamic_shared_memory_type=mmap",
            ]);
        let line = line.settings(settings);
        let probe = Probe { port: port.number, hello: startup(), answer: b"R" };
        let signals = Signals { stop: "INT", last: "QUIT" };
        let log = folder.join("log");
        let server = Server::start(line, probe, signals, log).await;
        Self { server, folder, _port: port, databases: AtomicU32::new(0) }
    }
}

impl Deref for Postgres {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// The first message of a client; the server answers `R` when it takes connections, and with an error while it starts.
pub fn startup() -> Vec<u8> {
    let words = b"user\0postgres\0database\0postgres\0\0";
    let length = (8 + words.len()) as u32;
    [&length.to_be_bytes(), &196_608_u32.to_be_bytes(), words.as_slice()].concat()
}

pub fn account() -> Option<Account> {
    Account::instead_of_root("postgres")
}

fn folder() -> Folder {
    Folder::new("postgres", account().as_ref())
}

/// A program of PostgreSQL. Debian keeps them in a folder for each version; the newest is taken.
fn program(name: &str, folder: &Folder) -> Line {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    places.sort();
    places.reverse();
    Line::new(name, "postgresql", &places, folder.path()).account(account().as_ref())
}
