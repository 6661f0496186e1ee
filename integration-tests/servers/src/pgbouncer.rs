//! PgBouncer, before a PostgreSQL server. It refuses to run as root too.

use std::ops::Deref;

use crate::folder::Folder;
use crate::port::Port;
use crate::postgres::{Postgres, account, startup};
use crate::program::Line;
use crate::server::{Probe, Server, Signals};

/// For how long a client has a connection to the server to itself.
#[derive(Clone, Copy, Debug)]
pub enum PoolMode {
    /// As long as it is there.
    Session,
    /// From the beginning to the end of a transaction.
    Transaction,
}

/// A PgBouncer. It trusts `postgres`, `owner` and `app`, and lets them through to any database.
pub struct PgBouncer {
    // dropped in this order: the process before its files
    server: Server,
    _folder: Folder,
    _port: Port,
}

impl PgBouncer {
    /// Starts one before a server, and waits until it is up.
    pub async fn start(before: &Postgres, mode: PoolMode) -> Self {
        let account = account();
        let (folder, port) = (Folder::new("pgbouncer", account.as_ref()), Port::reserve());
        let users = folder.join("users");
        let names = ["postgres", "owner", "app"].map(|name| format!("\"{name}\" \"\"\n"));
        std::fs::write(&users, names.concat()).expect("a file for the pooler");
        let mode = match mode {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
        };
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = 100\n\
             max_client_conn = 500\n",
            before.port(),
            port.number,
            users.display()
        );
        let file = folder.join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("a file for the pooler");
        let line = Line::new("pgbouncer", "pgbouncer", &["/usr/sbin".into()], folder.path())
            .account(account.as_ref())
            .args(&[&file.to_string_lossy()]);
        let probe = Probe { port: port.number, hello: startup(), answer: b"R" };
        let signals = Signals { stop: "INT", last: "KILL" };
        let server = Server::start(line, probe, signals, folder.join("log")).await;
        Self { server, _folder: folder, _port: port }
    }

    /// The URL of a database for a role, through this.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port())
    }
}

impl Deref for PgBouncer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
