//! Measures the whole mesh in one process on embedded backends, as a client meets it: `bench [mesh|floods|overload] [seconds]`, by
//! `scripts/bench`.
//!
//! Figures of one machine at one time compare with nothing; what is compared is measured side by side in one run, in turns.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench that cannot go on has failed, and printing is its purpose"
)]

mod floods;
mod overload;

use std::process::ExitCode;
use std::time::Duration;

use futures_util::future::join_all;
use integration_tests::Api;
use integration_tests::collector::Collector;
use integration_tests::process::{Environment, Process};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

const CLIENTS: usize = 16;
/// How often two that are compared take turns.
const TURNS: usize = 7;

/// A mesh with clients, each with a program of its own.
struct Mesh {
    process: Process,
    _folder: tempfile::TempDir,
    clients: Vec<(Api, i64)>,
}

/// What the clients do.
#[derive(Clone, Copy)]
enum Work {
    Log,
    Dashboard,
    History,
}

impl Mesh {
    async fn up(environment: &Environment) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Process::up_with(folder.path(), environment).await;
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let api = Api::sign_up(&process.url).await;
            let program = api.start_program(api.add_member().await).await;
            clients.push((api, program));
        }
        Self { process, _folder: folder, clients }
    }

    /// Has all clients do it again and again for a while; what each answer took, in order.
    async fn run(&self, work: Work, lasts: Duration) -> Vec<Duration> {
        self.paced(work, Duration::ZERO, lasts).await
    }

    /// The same, each of them once in every `pace` at the most.
    async fn paced(&self, work: Work, pace: Duration, lasts: Duration) -> Vec<Duration> {
        let until = Instant::now() + lasts;
        let clients = self.clients.iter().map(async |(api, program)| {
            let mut took = Vec::new();
            while Instant::now() < until {
                let begun = Instant::now();
                work.once(api, *program).await;
                took.push(begun.elapsed());
                sleep_until(begun + pace).await;
            }
            took
        });
        let mut took: Vec<Duration> = join_all(clients).await.into_iter().flatten().collect();
        took.sort_unstable();
        took
    }
}

impl Work {
    async fn once(self, api: &Api, program: i64) {
        match self {
            Self::Log => {
                let payload = json!({"systolic": 128, "diastolic": 79});
                let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": payload});
                api.post("/api/v1/logs", log).await.expect(201);
            }
            Self::Dashboard => {
                api.get(&format!("/api/v1/programs/{program}/dashboard")).await.expect(200);
            }
            Self::History => {
                api.get(&format!("/api/v1/programs/{program}/history?limit=20")).await.expect(200);
            }
        }
    }
}

/// An environment without the lines in which h2 tells of every connection that it ends.
fn quiet() -> Environment {
    let mut environment = Environment::default();
    environment.set("PRAAN_LOG", "error");
    environment
}

/// What one share of all took at the most, in milliseconds.
fn at(took: &[Duration], share: f64) -> f64 {
    took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0
}

#[tokio::main]
async fn main() -> ExitCode {
    praan::descriptors::raise();
    let mut arguments = std::env::args().skip(1).peekable();
    let what = arguments.next_if(|word| !word.starts_with(|letter: char| letter.is_ascii_digit()));
    let seconds = arguments.next().map_or(Ok(10), |seconds| seconds.parse::<u64>());
    match (what.as_deref(), seconds, arguments.next()) {
        (None | Some("mesh"), Ok(seconds @ 1..=3600), None) => mesh(Duration::from_secs(seconds)).await,
        (Some("floods"), Ok(seconds @ 1..=3600), None) => floods::run(Duration::from_secs(seconds)).await,
        (Some("overload"), Ok(seconds @ 1..=3600), None) => overload::run(Duration::from_secs(seconds)).await,
        _ => {
            eprintln!(
                "bench [mesh|floods|overload] [seconds]: how long each is done, 1 to 3600; 10 by default"
            );
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Rates and latencies of what clients do most.
async fn mesh(lasts: Duration) {
    let plain = Mesh::up(&Environment::default()).await;
    println!("{CLIENTS} clients, {} s each, one process on embedded backends", lasts.as_secs());
    for (name, work) in [
        ("POST /logs (durable, scored)", Work::Log),
        ("GET dashboard", Work::Dashboard),
        ("GET history, a page of 20", Work::History),
    ] {
        let took = plain.run(work, lasts).await;
        let rate = took.len() as f64 / lasts.as_secs_f64();
        let [median, slow, slowest] = [0.5, 0.99, 0.999].map(|share| at(&took, share));
        println!("{name}: {rate:.0}/s, p50 {median:.1} ms, p99 {slow:.1} ms, p99.9 {slowest:.1} ms");
    }
    telemetry(&plain, lasts).await;
}

/// How much of the throughput is left when every request is traced, counted and told to a collector.
async fn telemetry(plain: &Mesh, lasts: Duration) {
    let collector = Collector::start().await;
    let watched = Mesh::up(&collector.environment()).await;
    let turn = lasts / 5;
    let mut ratios = Vec::new();
    for _ in 0..TURNS {
        let without = plain.run(Work::Log, turn).await.len();
        let with = watched.run(Work::Log, turn).await.len();
        ratios.push(with as f64 / without as f64);
    }
    ratios.sort_by(f64::total_cmp);
    let (least, middle, most) = (ratios[0], ratios[TURNS / 2], ratios[TURNS - 1]);
    let spans = collector.spans().len();
    println!(
        "POST /logs with telemetry against without, {TURNS} turns: {middle:.2} ({least:.2} to {most:.2}); {spans} spans came"
    );
}
