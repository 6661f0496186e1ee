//! What is left of the throughput when ten times as many ask as can be served.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use integration_tests::Api;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{Mesh, at, quiet};

/// As many as keep the process busy, and are all let in.
const PEAK: usize = 128;
/// The connections that one address may have, and a little less.
const OF_ONE_ADDRESS: usize = 80;
/// How often the two take turns.
const TURNS: usize = 3;

/// Whether those who are sent away wait for as long as they are told.
#[derive(Clone, Copy, Debug)]
enum Manners {
    Polite,
    Rude,
}

pub async fn run(lasts: Duration) {
    let mesh = Mesh::up(&quiet()).await;
    println!("POST /logs by {PEAK} clients and by ten times as many, {TURNS} turns of {} s", lasts.as_secs());
    let crowd: Vec<_> = (0..10 * PEAK).map(|number| client(&mesh, number)).collect();
    load(&crowd[..PEAK], Manners::Polite, Duration::from_secs(2)).await;
    for manners in [Manners::Polite, Manners::Rude] {
        let mut ratios = Vec::new();
        for _ in 0..TURNS {
            let (peak, _) = load(&crowd[..PEAK], manners, lasts).await;
            let (over, refused) = load(&crowd, manners, lasts).await;
            let rate = |answered: &[Duration]| answered.len() as f64 / lasts.as_secs_f64();
            println!(
                "{manners:?}: {:.0}/s (p99 {:.0} ms) at the peak; {:.0}/s (p99 {:.0} ms) and {:.0}/s refused with ten times the clients; {} MiB",
                rate(&peak),
                at(&peak, 0.99),
                rate(&over),
                at(&over, 0.99),
                refused as f64 / lasts.as_secs_f64(),
                mesh.process.memory() / 1024,
            );
            ratios.push(over.len() as f64 / peak.len() as f64);
        }
        ratios.sort_by(f64::total_cmp);
        println!(
            "{manners:?}: goodput under overload against the peak: {:.2} ({:.2} to {:.2})",
            ratios[TURNS / 2],
            ratios[0],
            ratios[TURNS - 1]
        );
    }
}

/// A client of one of the accounts, with an address that not too many share.
fn client(mesh: &Mesh, number: usize) -> (Api, i64) {
    let (api, program) = &mesh.clients[number % mesh.clients.len()];
    let address = Ipv4Addr::new(127, 8, 0, (number / OF_ONE_ADDRESS) as u8 + 1);
    (api.from_address(IpAddr::from(address)), *program)
}

/// Has all log for a while: what each answer took, in order, and how many were sent away.
async fn load(crowd: &[(Api, i64)], manners: Manners, lasts: Duration) -> (Vec<Duration>, usize) {
    let (until, refused) = (Instant::now() + lasts, AtomicUsize::new(0));
    let clients = crowd.iter().map(async |(api, program)| {
        let mut took = Vec::new();
        while Instant::now() < until {
            let payload = json!({"systolic": 128, "diastolic": 79});
            let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": payload});
            let begun = Instant::now();
            let answer = api.post("/api/v1/logs", log).await;
            match answer.status {
                201 => took.push(begun.elapsed()),
                503 => {
                    refused.fetch_add(1, Ordering::Relaxed);
                    let after = answer.json()["retry_after_ms"].as_u64().expect("when to come again");
                    let wait = match manners {
                        Manners::Polite => Duration::from_millis(after),
                        Manners::Rude => Duration::from_millis(20),
                    };
                    sleep(wait.min(until.saturating_duration_since(Instant::now()))).await;
                }
                status => panic!("{status}"),
            }
        }
        took
    });
    let mut took: Vec<Duration> = join_all(clients).await.into_iter().flatten().collect();
    took.sort_unstable();
    (took, refused.into_inner())
}
