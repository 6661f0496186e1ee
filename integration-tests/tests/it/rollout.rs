//! A release goes out while sixteen clients work: every process is replaced, one after the other, as the chart's deployments do it, and
//! nobody notices. Not one request fails, no log is lost or doubled, and no photo is left unread.

mod slow_model;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use integration_tests::Api;
use integration_tests::fleet::{Fleet, Part, WORKER};
use integration_tests::photo;
use integration_tests::process::Environment;
use tokio::time::{Instant, sleep};

use crate::faults::client::{Client, DRAINED};
use crate::faults::tally::Tally;
use slow_model::SlowModel;

const CLIENTS: usize = 16;
/// How many photos are logged, more than a worker reads at once.
const PHOTOS: usize = 24;
/// What is replaced, in the order of a release: those that are called before those that call.
const PARTS: [&str; 8] =
    ["identity", "family", "program", "adherence", "ai-inference", "logging", WORKER, "gateway"];
/// How long clients work before a part is replaced, and after.
const AROUND: Duration = Duration::from_millis(1000);

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_every_process_is_replaced() {
    let mut fleet = Fleet::start().await;
    let url = fleet.url();
    let mut clients = join_all((0..CLIENTS).map(|_| Client::new(&url))).await;
    let mut rows =
        vec![row(["replaced", "operations", "well", "answers", "seconds until the old one had ended"])];
    let mut failed = Vec::new();
    for name in PARTS {
        let (tally, seconds) = replace(fleet.part(name), &mut clients).await;
        let answers = format!("{:?}", tally.answers);
        rows.push(row([
            name,
            &tally.operations.to_string(),
            &tally.well.to_string(),
            &answers,
            &format!("{seconds:.1}"),
        ]));
        println!("{}", rows.last().expect("a row"));
        if tally.well != tally.operations || tally.answers.keys().any(|class| class != "2xx") {
            failed.push(name);
        }
    }
    let settled = tokio::time::timeout(DRAINED, join_all(clients.iter_mut().map(Client::settle))).await;
    println!("\n{}", rows.join("\n"));
    assert!(settled.is_ok(), "not all was done in time");
    assert!(failed.is_empty(), "requests failed while these were replaced: {failed:?}");
    assert!(fleet.stop().await, "every process ended well");
}

/// Photos that have ended, distinct ones, those completed, second completions; readings.
const ENDS: &str = "SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE status = 'C'),
    count(*) FILTER (WHERE revision > 2), (SELECT count(*) FROM ai_inference.inferences)
    FROM logging.daily_logs WHERE revision > 1";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_ends_the_photos_it_has_begun_and_leaves_the_others() {
    let model = SlowModel::start(Duration::from_secs(2)).await;
    let mut environment = Environment::default();
    environment.set("PRAAN_AI_PROVIDER", "openai");
    environment.set("PRAAN_AI_MODEL", "slow");
    environment.set("PRAAN_AI_BASE_URL", &model.url);
    let mut fleet = Fleet::start_with(environment, 1).await;
    let api = Api::sign_up(&fleet.url()).await;
    let program = api.start_program(api.add_member().await).await;
    for seed in 0..PHOTOS {
        api.log_photo(program, photo::jpeg(seed as u32)).await;
    }
    let ended = async || fleet.sql(ENDS).await;
    while model.asked() == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    let before = (model.asked(), ended().await);
    assert!(fleet.part(WORKER).replace().await, "the worker ended well");
    println!("told to stop with {} photos at the model and {} at their end", before.0, before.1);
    let all = format!("{PHOTOS}|{PHOTOS}|{PHOTOS}|0|{PHOTOS}");
    let done = async {
        while ended().await != all {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(tokio::time::timeout(DRAINED, done).await.is_ok(), "{} in place of {all}", ended().await);
    assert_eq!(model.asked(), PHOTOS, "each photo was shown to the model once");
    assert!(fleet.stop().await, "every process ended well");
}

/// Replaces a part while the clients work; tells what became of their operations, and how long the old one took.
async fn replace(part: &Part, clients: &mut [Client]) -> (Tally, f64) {
    let stop = AtomicBool::new(false);
    let busy = join_all(clients.iter_mut().map(|client| client.work(&stop)));
    let replacing = async {
        sleep(AROUND).await;
        let begun = Instant::now();
        assert!(part.replace().await, "{} did not end well", part.name);
        let took = begun.elapsed();
        sleep(AROUND).await;
        stop.store(true, Ordering::Relaxed);
        took
    };
    let (_, took) = tokio::join!(busy, replacing);
    let mut tally = Tally::default();
    clients.iter_mut().for_each(|client| tally.add(&std::mem::take(&mut client.tally)));
    (tally, took.as_secs_f64())
}

fn row(cells: [&str; 5]) -> String {
    format!("{:<16} {:>10} {:>6}  {:<40} {}", cells[0], cells[1], cells[2], cells[3], cells[4])
}
