//! Any part may fail while sixteen clients work. Nothing acknowledged is lost or doubled, nobody is told 500, and soon after the
//! part is well again all is drained and the score is what the logs say.
//!
//! A run of all tests takes a selection; `scripts/chaos` takes every part with every fault.

pub mod client;
pub mod tally;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use integration_tests::fleet::{Fault, Fleet, Part};
use tokio::time::{Instant, sleep};

use client::{Client, DRAINED};
use tally::Tally;

const CLIENTS: usize = 16;
/// The faults, beside kill -9, that a part is put to in every run of all tests: where they differ most from it.
const SELECTED: [(&str, Fault); 10] = [
    ("postgres", Fault::Freeze),
    ("postgres", Fault::Delay),
    ("postgres", Fault::Cut),
    ("rabbitmq", Fault::Freeze),
    ("rabbitmq", Fault::Cut),
    ("redis", Fault::Freeze),
    ("redis", Fault::Delay),
    ("logging", Fault::Cut),
    ("logging", Fault::Restart),
    ("gateway", Fault::Restart),
];

#[tokio::test(flavor = "multi_thread")]
async fn any_part_may_fail() {
    let mut fleet = Fleet::start().await;
    let rounds = chaos_rounds();
    let mut rows =
        vec!["part × fault: operations, of them well; answers by class; seconds until drained".to_owned()];
    for _ in 0..rounds.unwrap_or(1) {
        for part in &fleet.parts {
            for fault in Fault::ALL.into_iter().filter(|fault| part.can_suffer(*fault)) {
                if rounds.is_some() || fault == Fault::Kill || SELECTED.contains(&(part.name, fault)) {
                    let row = survive(&fleet, part, fault).await;
                    println!("{row}");
                    rows.push(row);
                }
            }
        }
    }
    println!("\n{}", rows.join("\n"));
    assert!(fleet.stop().await, "every process ended well");
}

/// How often `scripts/chaos` wants every part with every fault; none in a run of all tests.
#[allow(clippy::disallowed_methods, reason = "a test has no configuration of its own")]
pub fn chaos_rounds() -> Option<usize> {
    std::env::var("CHAOS_ROUNDS").ok().map(|rounds| rounds.parse().expect("CHAOS_ROUNDS is a number"))
}

async fn survive(fleet: &Fleet, part: &Part, fault: Fault) -> String {
    let (name, url) = (part.name, fleet.url());
    let mut clients = join_all((0..CLIENTS).map(|_| Client::new(&url))).await;
    let stop = AtomicBool::new(false);
    let busy = join_all(clients.iter_mut().map(|client| client.work(&stop)));
    let harm = async {
        sleep(Duration::from_millis(1000)).await;
        let harmed = Instant::now();
        part.harm(fault).await;
        sleep(fault.lasts()).await;
        part.heal(fault).await;
        let healed = Instant::now();
        // a start can take long on a busy machine: work goes on for as long as it could not, but a drain has its minute
        sleep((healed - harmed).clamp(Duration::from_millis(1500), Duration::from_secs(4))).await;
        stop.store(true, Ordering::Relaxed);
        healed
    };
    let (_, healed) = tokio::join!(busy, harm);
    let mut tally = Tally::default();
    clients.iter().for_each(|client| tally.add(&client.tally));
    let drained = tokio::time::timeout_at(healed + DRAINED, join_all(clients.iter_mut().map(Client::settle)));
    assert!(drained.await.is_ok(), "{name} {fault:?}: not drained in time; {tally}; {}", refused(&clients));
    while fleet.outboxes().await > 0 {
        assert!(healed.elapsed() < DRAINED, "{name} {fault:?}: an outbox is not drained");
        sleep(Duration::from_millis(100)).await;
    }
    tally.check(name, fault);
    format!("{name} {fault:?}: {tally}; {:.1}", healed.elapsed().as_secs_f64())
}

/// What the clients were told while things settled.
fn refused(clients: &[Client]) -> String {
    clients.iter().map(|client| client.doing.as_str()).collect::<Vec<_>>().join(", ")
}
