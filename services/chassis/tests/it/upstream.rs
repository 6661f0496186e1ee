//! A process at the other end of a link, which a test can make ill, kill and count the calls of.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chassis::Link;
use chassis::mesh::{Dialer, Resolver, Rules};
use chassis::serve::Door;
use chassis::shutdown::Tasks;
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt};

pub const READ: &str = "/praan.logging.v1.LoggingService/GetLog";
pub const WRITE: &str = "/praan.logging.v1.LoggingService/CreateLog";

/// What becomes of the n-th call, counted from 1; `None` is never answered.
pub type Script = fn(usize) -> Option<Code>;

/// The process. It lives in a runtime of its own, so that it can die like one.
pub struct Upstream {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    runtime: Option<Runtime>,
}

impl Upstream {
    /// Answers over plain HTTP/2.
    pub async fn start(script: Script) -> Self {
        Self::behind(script, Door::from).await
    }

    /// Answers behind a door.
    pub async fn behind(script: Script, door: impl FnOnce(TcpListener) -> Door + Send + 'static) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let calls = asked.clone();
        let handler = move |request: Request<hyper::body::Incoming>| {
            let timeout = request.headers().get("grpc-timeout").map_or("", |value| value.to_str().unwrap());
            let mut calls = calls.lock().unwrap();
            calls.push(timeout.to_owned());
            let answer = script(calls.len());
            async move {
                match answer {
                    Some(code) => Ok::<_, Infallible>(Status::new(code, "").into_http::<Body>()),
                    None => std::future::pending().await,
                }
            }
        };
        let (told, address) = tokio::sync::oneshot::channel();
        runtime.spawn(async move {
            let listener = chassis::serve::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            chassis::serve::run(door(listener), tower::service_fn(handler), Tasks::new()).await;
        });
        Self { address: address.await.unwrap(), asked, runtime: Some(runtime) }
    }

    /// How many calls have come.
    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// The time that each call was given, in microseconds.
    pub fn timeouts(&self) -> Vec<u64> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|text| text.strip_suffix('u').unwrap().parse().unwrap()).collect()
    }

    /// Ends the process without a word, as kill -9 does.
    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// A link to it alone.
    pub fn link(&self, rules: Rules) -> Link {
        let dialer = Dialer::new(&Tasks::new()).rules(rules);
        Link::remote(&format!("http://{}", self.address).parse().unwrap(), &dialer).unwrap()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Names whose addresses the test sets.
#[derive(Default)]
pub struct Names(Mutex<Vec<SocketAddr>>);

impl Names {
    pub fn set(&self, addresses: &[SocketAddr]) {
        *self.0.lock().unwrap() = addresses.to_vec();
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        assert_eq!(host, "room");
        Ok(self.0.lock().unwrap().clone())
    }
}

/// Calls a method, and tells how it ended.
pub async fn call(link: &Link, path: &str) -> Code {
    call_within(link, path, "5S").await
}

/// Calls a method with a deadline.
pub async fn call_within(link: &Link, path: &str, timeout: &str) -> Code {
    let request = Request::post(format!("http://caller{path}")).header("te", "trailers");
    let request = request.header("content-type", "application/grpc").header("grpc-timeout", timeout);
    let message = http_body_util::Full::new(bytes::Bytes::from_static(&[0, 0, 0, 0, 0]));
    let mut link = link.clone();
    let answer = link.ready().await.unwrap().call(request.body(Body::new(message)).unwrap()).await;
    answer.map_or_else(|status| status.code(), |response: Response<Body>| code(&response))
}

fn code(response: &Response<Body>) -> Code {
    response.headers().get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
}
