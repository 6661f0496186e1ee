//! The least that a gateway and a service can do: axum takes a request, asks a tonic server in another process, and hands its bytes on.

use std::process::Stdio;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use proto::google::api::HttpBody;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::load::Ask;
use crate::resources;

/// The two processes.
pub struct Hop {
    /// Where the first is.
    pub address: String,
    processes: [Child; 2],
}

impl Hop {
    /// Starts both, to answer with so many bytes.
    pub async fn start(bytes: usize) -> Self {
        let (service, at) = process(&["service", &bytes.to_string()]).await;
        let (edge, address) = process(&["edge", &at]).await;
        Self { address, processes: [service, edge] }
    }

    /// The CPU that both have used.
    pub fn cpu_seconds(&self) -> f64 {
        resources::cpu_seconds(self.processes.iter().filter_map(Child::id))
    }

    /// What a client asks.
    pub fn ask() -> Ask {
        Ask {
            line: ("GET", "/".to_owned()),
            token: String::new(),
            content_type: "application/json",
            body: Bytes::new(),
        }
    }
}

/// Starts this program once more as one of the two, and waits until it says where it is.
async fn process(arguments: &[&str]) -> (Child, String) {
    let mut command = Command::new(std::env::current_exe().expect("its own path"));
    command.arg("hop").args(arguments).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let address = lines.next_line().await.expect("its output").expect("where it is");
    (child, address)
}

/// Is one of the two, for as long as it is let live.
pub async fn serve(role: &str, argument: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("its address"));
    match role {
        "service" => service(listener, argument.parse().expect("a number")).await,
        _ => edge(listener, argument).await,
    }
}

async fn edge(listener: TcpListener, service: &str) {
    let channel = Channel::from_shared(format!("http://{service}")).expect("an address").tcp_nodelay(true);
    let channel = channel.connect().await.expect("the service");
    let router = Router::new().route("/", get(pass_on)).with_state(channel);
    axum::serve(listener, router).await.expect("it serves");
}

async fn pass_on(State(channel): State<Channel>) -> impl IntoResponse {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("it is ready");
    let path = http::uri::PathAndQuery::from_static("/bare.Hop/Get");
    let codec: ProstCodec<HttpBody, HttpBody> = ProstCodec::default();
    let answer =
        client.unary(Request::new(HttpBody::default()), path, codec).await.expect("an answer").into_inner();
    ([(CONTENT_TYPE, "application/json")], Bytes::from(answer.data))
}

async fn service(listener: TcpListener, bytes: usize) {
    let answer = HttpBody { content_type: String::new(), data: vec![b' '; bytes], extensions: Vec::new() };
    let handler = move |request: http::Request<axum::body::Body>| {
        let answer = answer.clone();
        async move {
            let codec: ProstCodec<HttpBody, HttpBody> = ProstCodec::default();
            let method = tower::service_fn(move |_: Request<HttpBody>| {
                let answer = answer.clone();
                async move { Ok::<_, Status>(Response::new(answer)) }
            });
            tonic::server::Grpc::new(codec).unary(method, request).await
        }
    };
    let router = Router::new().route("/bare.Hop/Get", axum::routing::post(handler));
    axum::serve(listener, router).await.expect("it serves");
}
