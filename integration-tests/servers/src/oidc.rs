//! An OpenID provider: the certified npm package `oidc-provider`, in Node.

use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::folder::Folder;
use crate::port::Port;
use crate::program::Line;
use crate::server::{Probe, Server, Signals};

/// Where a browser comes back to, at every client of the provider; nothing listens there.
const REDIRECT_URI: &str = "http://127.0.0.1:9/signed-in";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A provider. It forgets everything when it ends, its keys included.
pub struct OidcProvider {
    // dropped in this order: the process before its files
    server: Server,
    _folder: Folder,
    _port: Port,
}

impl OidcProvider {
    /// Starts a provider and waits until it is up.
    pub async fn start() -> Self {
        let folder = Folder::new("oidc", None);
        let clients = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../clients"));
        assert!(
            clients.join("node_modules/oidc-provider").is_dir(),
            "oidc-provider is missing: please run npm install in integration-tests/clients"
        );
        let port = Port::reserve();
        let script = clients.join("provider.mjs");
        let line = Line::new("node", "nodejs", &[], folder.path())
            .args(&[&script.display().to_string(), &port.number.to_string()]);
        let hello = b"GET /.well-known/openid-configuration HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".to_vec();
        let probe = Probe { port: port.number, hello, answer: b"HTTP/1.1 200" };
        let server =
            Server::start(line, probe, Signals { stop: "TERM", last: "KILL" }, folder.join("log")).await;
        Self { server, _folder: folder, _port: port }
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// Where a browser comes back to.
    pub fn redirect_uri(&self) -> &'static str {
        REDIRECT_URI
    }

    /// Replaces its keys by new ones.
    pub async fn rotate(&self) {
        assert_eq!(self.ask("/test/rotate", "").await, "rotated");
    }

    /// A token that says whatever `order` says, signed by the provider: `{"claims": {…}}`, and, where they should be others,
    /// `"header"` and `"alg"`.
    pub async fn sign(&self, order: &str) -> String {
        let token = self.ask("/test/sign", order).await;
        assert_eq!(token.split('.').count(), 3, "{token}");
        token
    }

    async fn ask(&self, path: &str, body: &str) -> String {
        let asking = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port())).await?;
            let length = body.len();
            let request =
                format!("POST {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        let answer = timeout(PATIENCE, asking).await.expect("an answer in time").expect("an answer");
        answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
    }
}

impl Deref for OidcProvider {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
