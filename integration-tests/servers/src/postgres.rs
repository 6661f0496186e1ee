//! PostgreSQL, a primary and replicas of it.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::folder::Folder;
use crate::port::Port;
use crate::program::{Account, Line};
use crate::server::{Probe, Server, Signals};

/// A PostgreSQL server. It trusts everybody: a role that may log in needs no password.
pub struct Postgres {
    // dropped in this order: the process before its files
    server: Server,
    folder: Folder,
    _port: Port,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a primary with the superuser `postgres`, and waits until it is up.
    pub async fn start() -> Self {
        let folder = folder();
        let initdb = program("initdb", &folder);
        let options =
            ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        initdb.args(&options).args(&["--pgdata", "data"]).run().await;
        Self::run(folder, Port::reserve()).await
    }

    /// Starts a streaming replica of this server, for reads only. Its slot keeps what it has not seen yet, also while it is down.
    pub async fn start_replica(&self) -> Self {
        let (folder, port) = (folder(), Port::reserve());
        let slot = format!("replica_{}", port.number);
        let backup = program("pg_basebackup", &folder);
        let how = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"];
        let backup = backup.args(&how).args(&["--create-slot", "--slot", &slot, "--pgdata", "data"]);
        backup.args(&["--dbname", &self.admin_url()]).run().await;
        Self::run(folder, port).await
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
        let options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"];
        let psql = program("psql", &self.folder).args(&options);
        psql.args(&["--command", statements, &self.url("postgres", database)]).run().await
    }

    async fn run(folder: Folder, port: Port) -> Self {
        let (data, number) = (folder.join("data"), port.number.to_string());
        let line =
            program("postgres", &folder).args(&["-D", &data.to_string_lossy(), "-p", &number]).settings(&[
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "max_connections=300",
                "shared_buffers=64MB",
                // what survives the death of a process need not survive that of the machine
                "fsync=off",
                "full_page_writes=off",
                // a replica tries again this soon when its primary is away
                "wal_retrieve_retry_interval=200ms",
                // in the data folder, which goes; shared memory in /dev/shm would stay after kill -9
                "dynamic_shared_memory_type=mmap",
            ]);
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
