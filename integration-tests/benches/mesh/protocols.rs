//! The same call over REST, gRPC-web and gRPC; and the same mesh in one process and in many.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hyper::StatusCode;
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use tonic::transport::Channel;

use crate::crowd::Crowd;
use crate::load;
use crate::pairs::{Goal, Ratios};
use crate::stage::Mesh;

const CLIENTS: usize = 16;
const TURN: Duration = Duration::from_secs(3);

/// Measures REST and gRPC-web against gRPC.
pub async fn measure(mesh: &Mesh, crowd: &Crowd) {
    println!("\nThe dashboard over each protocol, c = {CLIENTS}");
    let native = async || native(mesh, crowd).await;
    let ratios = Ratios::of(async || rest(mesh, crowd).await, native).await;
    ratios.tell("REST ÷ gRPC", Goal::AtLeast(0.6, 0.75));
    let ratios = Ratios::of(async || web(mesh, crowd).await, native).await;
    ratios.tell("gRPC-web ÷ gRPC", Goal::AtLeast(0.6, 0.75));
}

/// Measures many processes against one, by a read and a write.
pub async fn topologies((one, of_one): (&Mesh, &Crowd), (many, of_many): (&Mesh, &Crowd)) {
    println!("\nEight processes against one, c = {CLIENTS}");
    let ratios = Ratios::of(async || rest(many, of_many).await, async || rest(one, of_one).await);
    ratios.await.tell("dashboard, many ÷ one", Goal::AtLeast(0.3, 0.5));
    let write = async |mesh: &Mesh, crowd: &Crowd| {
        let ask = |client: usize, turn: usize| crowd.log(client + turn * CLIENTS);
        load::run(mesh.address(), CLIENTS, TURN, StatusCode::CREATED, ask).await.rate()
    };
    let ratios = Ratios::of(async || write(many, of_many).await, async || write(one, of_one).await);
    ratios.await.tell("POST /logs, many ÷ one", Goal::AtLeast(0.3, 0.5));
}

async fn rest(mesh: &Mesh, crowd: &Crowd) -> f64 {
    let ask = |client: usize, turn: usize| crowd.look(client + turn * CLIENTS, "dashboard");
    load::run(mesh.address(), CLIENTS, TURN, StatusCode::OK, ask).await.rate()
}

async fn web(mesh: &Mesh, crowd: &Crowd) -> f64 {
    let ask = |client: usize, turn: usize| crowd.web_dashboard(client + turn * CLIENTS);
    load::run(mesh.address(), CLIENTS, TURN, StatusCode::OK, ask).await.rate()
}

/// Each client on a connection of its own, as over HTTP/1.1.
async fn native(mesh: &Mesh, crowd: &Crowd) -> f64 {
    let begun = Instant::now();
    let all = (0..CLIENTS).map(async |client| {
        let channel = Channel::from_shared(mesh.url.clone()).expect("a URL").tcp_nodelay(true);
        let mut service = AdherenceServiceClient::new(channel.connect().await.expect("the door is open"));
        let mut turns = 0;
        while begun.elapsed() < TURN {
            service.get_dashboard(crowd.dashboard(client + turns * CLIENTS)).await.expect("a dashboard");
            turns += 1;
        }
        turns
    });
    let answers: usize = join_all(all).await.into_iter().sum();
    answers as f64 / begun.elapsed().as_secs_f64()
}
