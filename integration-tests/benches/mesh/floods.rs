//! What clients feel of a flood: the slowest of a hundred answers under it against calm, and the memory of the process.

use std::time::Duration;

use hyper::StatusCode;
use integration_tests::floods::Flood;
use tokio::time::sleep;

use crate::crowd::Crowd;
use crate::load::{self, Took};
use crate::pairs::Goal;
use crate::stage::Mesh;

const CLIENTS: usize = 16;
/// How often each client asks, so that it is the flood that is measured and not the clients.
const PACE: Duration = Duration::from_millis(100);
const LASTS: Duration = Duration::from_secs(10);

/// Measures each flood after as long a calm.
pub async fn measure(mesh: &Mesh, crowd: &Crowd) {
    println!(
        "\nFloods: {CLIENTS} clients ask for dashboards ten times a second each; every one must be answered"
    );
    let process = &mesh.processes[0];
    for (flood, connections) in Flood::ALL {
        let calm = ask(mesh, crowd).await;
        let attack = flood.begin(&process.url, connections);
        while attack.most_open() < connections {
            sleep(PACE).await;
        }
        let begun = attack.bytes();
        let flooded = ask(mesh, crowd).await;
        let ratio = flooded.percentile(0.99) / calm.percentile(0.99);
        println!(
            "  {flood:?}, {connections} connections, {:.2} MB/s, {} ended: p99 {:.1} ms, in calm {:.1} ms; {} MiB",
            (attack.bytes() - begun) as f64 / LASTS.as_secs_f64() / 1e6,
            attack.ended(),
            flooded.percentile(0.99),
            calm.percentile(0.99),
            process.memory() / 1024,
        );
        println!("  p99 ÷ calm: {ratio:.2}; {}", Goal::AtMost(1.5, 1.2).judge(ratio));
    }
}

async fn ask(mesh: &Mesh, crowd: &Crowd) -> Took {
    let ask = |client: usize, turn: usize| crowd.look(client + turn * CLIENTS, "dashboard");
    load::paced(mesh.address(), CLIENTS, PACE, LASTS, StatusCode::OK, ask).await
}
