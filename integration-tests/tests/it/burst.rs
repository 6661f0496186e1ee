//! Many photos at once, and workers that die meanwhile: every photo comes to its end, and none twice.
//!
//! A run of all tests takes 300 photos, `scripts/chaos` takes 2 000.

use std::collections::BTreeMap;
use std::time::Duration;

use chassis::Foundation;
use futures_util::future::join_all;
use integration_tests::api::{Api, id};
use integration_tests::fleet::{Fault, Fleet, WORKER};
use integration_tests::photo;
use integration_tests::process::Environment;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::faults::chaos_rounds;

const CLIENTS: usize = 16;
const WORKERS: usize = 3;
/// How long a photo may take at the most, with half of the workers dead and a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(240);

/// The photos that have come to an end.
const ENDED: &str = "SELECT count(*) FROM logging.daily_logs WHERE revision > 1";
/// Photos, distinct photos, those completed, second completions; readings.
const ENDS: &str = "SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE status = 'C'),
    count(*) FILTER (WHERE revision > 2), (SELECT count(*) FROM ai_inference.inferences)
    FROM logging.daily_logs WHERE revision > 1";
/// When each photo was read, and when its log was completed, in milliseconds.
const MOMENTS: &str = "SELECT log.id, round(extract(epoch FROM reading.created_at) * 1000)::bigint,
    round(extract(epoch FROM log.recorded_at) * 1000)::bigint
    FROM logging.daily_logs log JOIN ai_inference.inferences reading ON reading.log_id = log.id WHERE log.revision = 2";

#[tokio::test(flavor = "multi_thread")]
async fn every_photo_of_a_burst_ends_once_while_workers_die() {
    let photos = if chaos_rounds().is_some() { 2000 } else { 300 };
    let mut environment = Environment::default();
    // a family that sends so many has paid for them
    environment.set("PRAAN_AI_DAILY_PHOTOS_PER_FAMILY", photos.to_string());
    let mut fleet = Fleet::start_with(environment, WORKERS).await;
    let url = fleet.url();
    let share = photos / CLIENTS + usize::from(!photos.is_multiple_of(CLIENTS));
    let shares = (0..CLIENTS).map(|client| (client * share).min(photos)..((client + 1) * share).min(photos));
    let uploaded = join_all(shares.map(|seeds| upload(&url, seeds.len(), seeds.start))).await;

    let begun = Instant::now();
    let logged = join_all(uploaded.iter().map(|(api, logs)| log_all(api, logs)));
    let (acknowledged, ()) = tokio::join!(logged, kill_two(&fleet, photos));
    let acknowledged: BTreeMap<i64, i64> = acknowledged.into_iter().flatten().collect();
    let all_end = timeout(PATIENCE, until_ended(&fleet, photos)).await;
    assert!(all_end.is_ok(), "{} of {photos} photos came to an end", ended(&fleet).await);
    let seconds = begun.elapsed().as_secs_f64();

    assert_eq!(acknowledged.len(), photos, "every log has an id of its own");
    // photos, distinct, completed, completed again, readings
    assert_eq!(fleet.sql(ENDS).await, format!("{photos}|{photos}|{photos}|0|{photos}"));
    let moments = fleet.sql(MOMENTS).await;
    let (mut read, mut completed, mut settled) = (Vec::new(), Vec::new(), Vec::new());
    for line in moments.lines() {
        let numbers: Vec<i64> = line.split('|').map(|number| number.parse().expect("a number")).collect();
        let since = acknowledged[&numbers[0]];
        read.push((numbers[1] - since).max(0));
        completed.push((numbers[2] - since).max(0));
        settled.push((numbers[2] - numbers[1]).max(0));
    }
    let rate = photos as f64 / seconds;
    println!(
        "{photos} photos, {WORKERS} workers, 2 of them killed: all ended once in {seconds:.1} s, {rate:.0} a second"
    );
    println!("from acknowledged to read (the wait in the queue and the work): {}", percentiles(read));
    println!("from read to completed: {}", percentiles(settled));
    println!("from acknowledged to completed: {}", percentiles(completed));
    assert!(fleet.stop().await, "every process ended well");
}

/// A new family with that many photos in the store; the logs are not asked for yet.
async fn upload(url: &str, count: usize, seed: usize) -> (Api, Vec<Value>) {
    let api = Api::sign_up(url).await;
    let program = api.start_program(api.add_member().await).await;
    let mut logs = Vec::new();
    for number in seed..seed + count {
        let photo = photo::jpeg(number as u32);
        let wish =
            json!({"program_id": program, "content_type": "image/jpeg", "content_length": photo.len()});
        let upload = api.post("/api/v1/uploads", wish).await.expect(201);
        assert!(api.upload(&upload, photo).await.expect("the store answers").is_success());
        logs.push(json!({"program_id": program, "log_type": "NUTRITION", "image_key": upload["image_key"]}));
    }
    (api, logs)
}

/// Logs the photos, and returns when each was acknowledged, in milliseconds.
async fn log_all(api: &Api, logs: &[Value]) -> Vec<(i64, i64)> {
    let clock = Foundation::system().clock;
    let mut acknowledged = Vec::new();
    for log in logs {
        let answer = api.post("/api/v1/logs", log.clone()).await.expect(202);
        acknowledged.push((id(&answer), clock.now().timestamp_millis()));
    }
    acknowledged
}

/// Kills two workers, each once a part of the photos has ended, and starts them again.
async fn kill_two(fleet: &Fleet, photos: usize) {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let first = random.random_range(0..WORKERS);
    for worker in [first, (first + random.random_range(1..WORKERS)) % WORKERS] {
        let until = ended(fleet).await + random.random_range(photos / 10..photos / 3);
        until_ended(fleet, until).await;
        let part = fleet.parts_called(WORKER).nth(worker).expect("a worker");
        part.harm(Fault::Kill).await;
        println!("worker {worker} killed with {} of {photos} photos ended", ended(fleet).await);
        sleep(Duration::from_millis(500)).await;
        part.heal(Fault::Kill).await;
    }
}

async fn until_ended(fleet: &Fleet, photos: usize) {
    while ended(fleet).await < photos {
        sleep(Duration::from_millis(100)).await;
    }
}

async fn ended(fleet: &Fleet) -> usize {
    fleet.sql(ENDED).await.parse().expect("a number")
}

fn percentiles(mut milliseconds: Vec<i64>) -> String {
    milliseconds.sort_unstable();
    let at = |share: f64| milliseconds[((milliseconds.len() - 1) as f64 * share).round() as usize];
    format!("p50 {} ms, p99 {} ms, p99.9 {} ms", at(0.5), at(0.99), at(0.999))
}
