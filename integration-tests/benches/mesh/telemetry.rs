//! How much of the throughput is left when every request is traced, counted and told to a collector.

use std::time::Duration;

use hyper::StatusCode;
use integration_tests::collector::Collector;
use integration_tests::process::Environment;

use crate::crowd::Crowd;
use crate::load;
use crate::pairs::{Goal, Ratios};
use crate::stage::Stage;

const CLIENTS: usize = 16;
const TURN: Duration = Duration::from_secs(4);

/// Measures two meshes side by side, with the share of traces that the chart has sent and with all of them.
pub async fn measure(stage: &Stage) {
    for (ratio, goal) in [("0.1", Goal::AtLeast(0.9, 0.95)), ("1", Goal::AtLeast(0.8, 0.9))] {
        compare(stage, ratio, goal).await;
    }
}

async fn compare(stage: &Stage, ratio: &str, goal: Goal) {
    println!(
        "\nTelemetry to a collector on this machine, {ratio} of the traces, against none, c = {CLIENTS}"
    );
    let collector = Collector::start().await;
    let mut environment = collector.environment();
    environment.set("PRAAN_TRACE_RATIO", ratio);
    let plain = stage.one_process_with(&Environment::default()).await;
    let watched = stage.one_process_with(&environment).await;
    let (of_plain, of_watched) = (Crowd::of(&plain).await, Crowd::of(&watched).await);
    for (name, status) in [("POST /logs", StatusCode::CREATED), ("dashboard", StatusCode::OK)] {
        let run = async |mesh: &crate::stage::Mesh, crowd: &Crowd| {
            let ask = |client: usize, turn: usize| match status {
                StatusCode::CREATED => crowd.log(client + turn * CLIENTS),
                _ => crowd.look(client + turn * CLIENTS, "dashboard"),
            };
            load::run(mesh.address(), CLIENTS, TURN, status, ask).await.rate()
        };
        let ratios =
            Ratios::of(async || run(&watched, &of_watched).await, async || run(&plain, &of_plain).await);
        ratios.await.tell(&format!("{name}, with ÷ without"), goal);
    }
    println!("  {} spans came", collector.spans().len());
}
