//! What clients feel of a flood: the slowest of a hundred answers under it against calm, and the memory of the process.

use std::time::Duration;

use integration_tests::floods::Flood;
use tokio::time::sleep;

use crate::{Mesh, Work, at, quiet};

/// How often each client does something, so that it is the flood that is measured and not the clients.
const PACE: Duration = Duration::from_millis(100);

pub async fn run(lasts: Duration) {
    let mesh = Mesh::up(&quiet()).await;
    println!(
        "{} clients, ten requests a second each; {} s of calm before each flood",
        mesh.clients.len(),
        lasts.as_secs()
    );
    mesh.paced(Work::Dashboard, PACE, Duration::from_secs(2)).await;
    for (flood, connections) in Flood::ALL {
        let calm = mesh.paced(Work::Dashboard, PACE, lasts).await;
        let attack = flood.begin(&mesh.process.url, connections);
        while attack.most_open() < connections {
            sleep(PACE).await;
        }
        let begun = attack.bytes();
        let flooded = mesh.paced(Work::Dashboard, PACE, lasts).await;
        let (before, under) = (at(&calm, 0.99), at(&flooded, 0.99));
        println!(
            "{flood:?}, {connections} connections, {:.2} MB/s, {} ended: GET dashboard p99 {under:.1} ms, {before:.1} in calm: {:.2}; \
             all {} answered; {} MiB",
            (attack.bytes() - begun) as f64 / lasts.as_secs_f64() / 1e6,
            attack.ended(),
            under / before,
            flooded.len(),
            mesh.process.memory() / 1024,
        );
    }
}
