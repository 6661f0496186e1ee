//! Prometheus, which asks one target for its metrics every second.

use std::ops::Deref;

use crate::folder::Folder;
use crate::port::Port;
use crate::program::Line;
use crate::server::{Probe, Server, Signals};

/// A Prometheus that keeps exemplars.
pub struct Prometheus {
    // dropped in this order: the process before its files
    server: Server,
    _folder: Folder,
    _port: Port,
}

impl Prometheus {
    /// Starts one that asks at `target`, such as `127.0.0.1:9090`, for `/metrics`, and waits until it is up.
    pub async fn start(target: &str) -> Self {
        let (folder, port) = (Folder::new("prometheus", None), Port::reserve());
        let (file, data) = (folder.join("prometheus.yml"), folder.join("data"));
        let scrapes = format!(
            "{{scrape_configs: [{{job_name: praan, scrape_interval: 1s, static_configs: [{{targets: ['{target}']}}]}}]}}"
        );
        std::fs::write(&file, scrapes).expect("a file");
        let line = Line::new("prometheus", "prometheus", &[], folder.path()).args(&[
            &format!("--config.file={}", file.display()),
            &format!("--storage.tsdb.path={}", data.display()),
            &format!("--web.listen-address=127.0.0.1:{}", port.number),
            "--enable-feature=exemplar-storage",
        ]);
        let hello = b"GET /-/ready HTTP/1.0\r\n\r\n".to_vec();
        let probe = Probe { port: port.number, hello, answer: b"HTTP/1.0 200" };
        let signals = Signals { stop: "TERM", last: "KILL" };
        let server = Server::start(line, probe, signals, folder.join("log")).await;
        Self { server, _folder: folder, _port: port }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }
}

impl Deref for Prometheus {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
