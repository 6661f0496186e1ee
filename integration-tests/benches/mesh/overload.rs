//! What is left of the throughput when more ask than can be served, and how soon the others are refused.

use std::time::Duration;

use futures_util::future::join_all;
use hyper::StatusCode;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::crowd::Crowd;
use crate::load::{self, Took};
use crate::pairs::Goal;
use crate::stage::Mesh;

/// As many as keep the process busy, and are all let in.
const PEAK: usize = 128;
const LASTS: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(500);
/// How often the two take turns.
const TURNS: usize = 3;
/// How soon the rude come back.
const RUDE: Duration = Duration::from_millis(20);

/// Whether those who are sent away wait for as long as they are told.
#[derive(Clone, Copy, Debug)]
enum Manners {
    Polite,
    Rude,
}

/// Measures twice and ten times as many as can be served.
pub async fn measure(mesh: &Mesh, crowd: &Crowd) {
    println!("\nOverload: POST /logs by {PEAK} clients, and by more");
    log(mesh, crowd, PEAK, Manners::Polite).await;
    for (times, manners, goal) in [
        (2, Manners::Polite, Goal::AtLeast(0.8, 0.95)),
        (10, Manners::Polite, Goal::AtLeast(0.9, 0.95)),
        (10, Manners::Rude, Goal::AtLeast(0.9, 0.95)),
    ] {
        let (mut ratios, mut refusals) = (Vec::new(), Vec::new());
        let (mut before, _) = log(mesh, crowd, PEAK, manners).await;
        for _ in 0..TURNS {
            let (over, refused) = log(mesh, crowd, PEAK * times, manners).await;
            let (after, _) = log(mesh, crowd, PEAK, manners).await;
            // what is written behind the answers grows, and slows all of them down
            let peak = (before.rate() + after.rate()) / 2.0;
            println!(
                "  {manners:?}: {:.0}/s (p99 {:.0} ms) at the peak before and {:.0}/s after; {:.0}/s (p99 {:.0} ms) and {:.0}/s refused with {times} times the clients; {} MiB",
                before.rate(),
                before.percentile(0.99),
                after.rate(),
                over.rate(),
                over.percentile(0.99),
                refused.rate(),
                mesh.processes[0].memory() / 1024,
            );
            ratios.push(over.rate() / peak);
            refusals.extend(refused.times);
            before = after;
        }
        ratios.sort_by(f64::total_cmp);
        println!(
            "  {manners:?}, {times} times: goodput ÷ peak: {:.2}; {}",
            ratios[TURNS / 2],
            goal.judge(ratios[TURNS / 2])
        );
        let refusals = Took::of(refusals, LASTS);
        let (middle, most) = (refusals.percentile(0.5), refusals.percentile(0.99));
        println!(
            "  refusals: p50 {middle:.0} ms, p99 {most:.0} ms; {}",
            Goal::AtMost(100.0, 50.0).judge(most)
        );
    }
}

/// Has clients log for a while: what was answered, and what was refused.
async fn log(mesh: &Mesh, crowd: &Crowd, clients: usize, manners: Manners) -> (Took, Took) {
    let begun = Instant::now();
    let all = (0..clients).map(async |client| {
        let mut connection = load::connect(mesh.address(), client).await;
        let (mut answered, mut refused) = (Vec::new(), Vec::new());
        while begun.elapsed() < LASTS {
            let asked = Instant::now();
            let ask = crowd.log(client + answered.len() * clients);
            let answer = load::send(&mut connection, mesh.address(), ask).await;
            match answer.status() {
                StatusCode::CREATED => answered.push(asked.elapsed()),
                StatusCode::SERVICE_UNAVAILABLE => {
                    refused.push(asked.elapsed());
                    sleep(manners.wait(answer.body()).min(LASTS.saturating_sub(begun.elapsed()))).await;
                }
                status => panic!("{status}: {:?}", answer.body()),
            }
        }
        (answered, refused)
    });
    let (answered, refused): (Vec<_>, Vec<_>) = join_all(all).await.into_iter().unzip();
    let lasted = begun.elapsed();
    // an address has so many connections, and the door has to see these end
    sleep(PAUSE).await;
    (Took::of(answered.concat(), lasted), Took::of(refused.concat(), lasted))
}

impl Manners {
    fn wait(self, problem: &[u8]) -> Duration {
        match self {
            Self::Rude => RUDE,
            Self::Polite => {
                let problem: Value = serde_json::from_slice(problem).expect("a problem");
                Duration::from_millis(problem["retry_after_ms"].as_u64().expect("when to come again"))
            }
        }
    }
}
