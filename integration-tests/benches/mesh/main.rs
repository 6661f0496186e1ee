//! Measures the mesh beside the limits of the machine: `scripts/bench [measure…]`.
//!
//! Figures of one machine at one time compare with nothing. What is compared is measured side by side in one run, in turns, and told
//! as a ratio: the middle of five pairs, and their range.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on has failed, printing is its purpose, and its tasks end with it"
)]

mod crowd;
mod day;
mod floods;
mod growth;
mod hop;
mod load;
mod overload;
mod pairs;
mod photos;
mod protocols;
mod reads;
mod relay;
mod resources;
mod sizes;
mod stage;
mod telemetry;
mod writes;

use std::process::ExitCode;

use crowd::Crowd;
use stage::Stage;

const MEASURES: [&str; 12] = [
    "sizes",
    "telemetry",
    "relay",
    "growth",
    "day",
    "writes",
    "reads",
    "protocols",
    "photos",
    "topologies",
    "floods",
    "overload",
];
/// Those that do not work on the mesh that the others share.
const APART: [&str; 5] = ["sizes", "telemetry", "relay", "growth", "day"];

#[tokio::main]
async fn main() -> ExitCode {
    praan::descriptors::raise();
    // cargo says --bench to every bench
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["hop", role, argument] => hop::serve(role, argument).await,
        wanted if wanted.iter().all(|name| MEASURES.contains(name)) => {
            let all = if wanted.is_empty() { &MEASURES } else { wanted };
            measure(|name| all.contains(&name)).await;
        }
        _ => {
            eprintln!("bench [measure…]: all, or some of {}", MEASURES.join(", "));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn measure(wanted: impl Fn(&str) -> bool) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{cores} cores, fsync on; each figure is of this machine and this run, ratios are of five pairs in turns"
    );
    let stage = Stage::start().await;
    if wanted("sizes") {
        sizes::idle(&stage).await;
    }
    if wanted("telemetry") {
        telemetry::measure(&stage).await;
    }
    if wanted("relay") {
        relay::measure(&stage).await;
    }
    if wanted("growth") {
        growth::measure(&stage).await;
    }
    if wanted("day") {
        day::measure(&stage).await;
    }
    if !MEASURES.into_iter().any(|name| !APART.contains(&name) && wanted(name)) {
        return;
    }
    let one = stage.one_process().await;
    let mut of_one = Crowd::of(&one).await;
    if wanted("writes") {
        writes::measure(&stage, &one, &of_one).await;
    }
    of_one.sign_in().await;
    if wanted("reads") {
        reads::cached(&one, &of_one).await;
        of_one.fill(&one).await;
        reads::history(&stage, &one, &of_one).await;
    }
    of_one.sign_in().await;
    if wanted("protocols") {
        protocols::measure(&one, &of_one).await;
    }
    if wanted("photos") {
        photos::measure(&stage, &one, &of_one).await;
    }
    of_one.sign_in().await;
    if wanted("floods") {
        floods::measure(&one, &of_one).await;
    }
    if wanted("overload") {
        overload::measure(&one, &of_one).await;
    }
    of_one.sign_in().await;
    if wanted("topologies") {
        let many = stage.many_processes().await;
        let of_many = Crowd::of(&many).await;
        protocols::topologies((&one, &of_one), (&many, &of_many)).await;
        sizes::loaded("eight processes", &many);
    }
    sizes::loaded("one process", &one);
    if wanted("writes") || wanted("topologies") {
        sizes::disk(&stage, &one).await;
    }
}
