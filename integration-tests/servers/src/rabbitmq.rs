//! RabbitMQ.

use std::fmt::Write as _;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::folder::Folder;
use crate::port::Port;
use crate::process::Process;
use crate::program::Line;
use crate::server::{Probe, Server, Signals};

/// How many virtual hosts it has beside `/`. To make one later takes a second, so they are there from the start.
const VHOSTS: usize = 24;

/// A RabbitMQ broker of one node.
pub struct RabbitMq {
    // dropped in this order: the broker, the name server of Erlang, their files
    server: Server,
    _names: Process,
    _folder: Folder,
    _ports: [Port; 3],
    vhosts: AtomicUsize,
}

impl RabbitMq {
    /// Starts a broker and waits until it is up.
    pub async fn start() -> Self {
        let folder = Folder::new("rabbitmq", None);
        let ports = [Port::reserve(), Port::reserve(), Port::reserve()];
        let [amqp, nodes, names] = ports.each_ref().map(|port| port.number.to_string());
        write(&folder, "definitions.json", &definitions());
        write(&folder, "plugins", "[].");
        write(&folder, "broker.conf", &format!("load_definitions = {}\n", path(&folder, "definitions.json")));
        let epmd = Line::new("epmd", "rabbitmq-server", &[], folder.path());
        let epmd = epmd.args(&["-port", &names, "-address", "127.0.0.1"]).command("KILL");
        // Erlang would start one itself if there were none, and leave it behind
        let epmd = Process::start(epmd, "KILL");
        // not the wrapper in PATH, which changes the user
        let line =
            Line::new("rabbitmq-server", "rabbitmq-server", &["/usr/lib/rabbitmq/bin".into()], folder.path());
        let line = line
            .env("HOME", path(&folder, ""))
            .env("ERL_EPMD_PORT", names)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", format!("praan{amqp}@localhost"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", amqp)
            .env("RABBITMQ_DIST_PORT", nodes)
            .env("RABBITMQ_MNESIA_BASE", path(&folder, "data"))
            .env("RABBITMQ_LOG_BASE", path(&folder, "logs"))
            .env("RABBITMQ_CONFIG_FILE", path(&folder, "broker.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", path(&folder, "none"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path(&folder, "plugins"))
            // the script becomes the broker then, instead of watching over it
            .env("RUNNING_UNDER_SYSTEMD", "true");
        let probe = Probe { port: ports[0].number, hello: b"AMQP\0\0\x09\x01".to_vec(), answer: b"\x01\0\0" };
        let signals = Signals { stop: "TERM", last: "KILL" };
        let server = Server::start(line, probe, signals, folder.join("log")).await;
        Self { server, _names: epmd, _folder: folder, _ports: ports, vhosts: AtomicUsize::new(0) }
    }

    /// The URL of the virtual host `/`.
    pub fn amqp_url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port())
    }

    /// The URL of a virtual host that nobody has had before.
    pub fn fresh_url(&self) -> String {
        let number = self.vhosts.fetch_add(1, Ordering::Relaxed);
        assert!(number < VHOSTS, "the broker has no more than {VHOSTS} virtual hosts");
        format!("amqp://guest:guest@127.0.0.1:{}/v{number}", self.port())
    }
}

impl Deref for RabbitMq {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

fn definitions() -> String {
    let (mut vhosts, mut permissions) = (String::new(), String::new());
    for number in 0..=VHOSTS {
        let name = if number == VHOSTS { "/".to_owned() } else { format!("v{number}") };
        let comma = if number == 0 { "" } else { "," };
        let all = r#""configure":".*","write":".*","read":".*""#;
        write!(vhosts, r#"{comma}{{"name":"{name}"}}"#).expect("a string grows");
        write!(permissions, r#"{comma}{{"user":"guest","vhost":"{name}",{all}}}"#).expect("a string grows");
    }
    let users = r#"[{"name":"guest","password":"guest","tags":"administrator"}]"#;
    format!(r#"{{"users":{users},"vhosts":[{vhosts}],"permissions":[{permissions}]}}"#)
}

fn write(folder: &Folder, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a file for the broker");
}

fn path(folder: &Folder, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}
