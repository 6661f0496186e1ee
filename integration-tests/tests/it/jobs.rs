//! The upkeep, as a scheduler would have it done.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use backends::Queue;
use backends::queue::rabbitmq::RabbitQueue;
use backends::queue::{Handler, Message, Outcome, Subscription};
use chassis::Foundation;
use integration_tests::process::binary;
use serde_json::{Value, json};
use servers::{Postgres, RabbitMq};
use tokio::process::{Child, Command};

fn command(name: &str, database_url: &str, folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(binary());
    command.args(["job", name, "--database-url", database_url, "--data-dir"]).arg(folder.path());
    command
}

async fn job(name: &str, database_url: &str, folder: &tempfile::TempDir) -> Output {
    command(name, database_url, folder).output().await.expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_made_once_and_a_log_outside_of_them_is_told() {
    let (postgres, folder) = (Postgres::start().await, tempfile::tempdir().expect("a folder"));
    let database = postgres.database().await;
    let url = postgres.url("postgres", &database);

    let (one, other) = tokio::join!(job("partitions", &url, &folder), job("partitions", &url, &folder));
    assert!(one.status.success() && other.status.success(), "{one:?} {other:?}");
    let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'logging.daily_logs'::regclass";
    assert_eq!(postgres.sql(&database, partitions).await.trim(), "18", "17 months, and the default");
    assert!(format!("{}{}", said(&one), said(&other)).contains("made daily_logs_"));
    let again = job("partitions", &url, &folder).await;
    assert_eq!(said(&again).trim(), "no partition was missing");

    let stray = "INSERT INTO logging.daily_logs VALUES (1, 1, '2031-05-01', 1, 1, now(), 1, 1, 0, true, true, 'C', 'V', 'UTC', '{}')";
    // what is older than all came with an import, and gets its month
    postgres.sql(&database, &stray.replace("2031", "2019")).await;
    let healed = job("partitions", &url, &folder).await;
    assert_eq!((healed.status.success(), said(&healed).trim()), (true, "made daily_logs_2019_05"));
    let moved = "SELECT count(*) FROM logging.daily_logs_2019_05";
    assert_eq!(postgres.sql(&database, moved).await.trim(), "1");
    postgres.sql(&database, stray).await;
    let alarmed = job("partitions", &url, &folder).await;
    assert!(!alarmed.status.success());
    let told = String::from_utf8_lossy(&alarmed.stderr).into_owned();
    assert!(told.contains("1 revisions lie in daily_logs_default"), "{told}");
}

/// Two thousand programs log fifty times by turns, each turn in another order, so that each of them splits pages of the key.
const BY_TURNS: &str = "INSERT INTO logging.daily_logs
    SELECT (n * 7919 + n / 2000 * 31) % 2000, 1, month + n * interval '1 second', n + 1, 1, month, 1, 1, 0, true, true, 'C', 'V', 'UTC',
        '{}'
    FROM generate_series(0, 99999) AS n, (SELECT date_trunc('month', now(), 'UTC') - interval '1 month' AS month) AS over";

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_month_that_is_over_is_packed_once() {
    let (postgres, folder) = (Postgres::start().await, tempfile::tempdir().expect("a folder"));
    let database = postgres.database().await;
    let url = postgres.url("postgres", &database);
    assert!(job("partitions", &url, &folder).await.status.success());
    postgres.sql(&database, BY_TURNS).await;
    postgres.sql(&database, "ANALYZE logging.daily_logs").await;
    let size = "SELECT max(pg_relation_size(indexrelid)) FROM pg_index WHERE indisprimary AND indrelid IN
        (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'logging.daily_logs'::regclass)";
    let size = async || postgres.sql(&database, size).await.trim().parse::<u64>().expect("a size");
    let loose = size().await;
    // as one that died leaves behind
    let left = "CREATE INDEX left_ccold ON logging.daily_logs_default (id);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'logging.left_ccold'::regclass";
    postgres.sql(&database, left).await;
    let (once, packed) = (said(&job("partitions", &url, &folder).await), size().await);
    assert!(once.starts_with("packed daily_logs_") && once.contains(" MiB instead of "), "{once}");
    assert!(packed * 4 < loose * 3 && packed < 100_000 * 54, "{loose} bytes became {packed}");
    assert_eq!(said(&job("partitions", &url, &folder).await).trim(), "no partition was missing");
    assert_eq!(
        postgres.sql(&database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid").await.trim(),
        "0"
    );
}

/// A million revisions of March 2024: 20 000 programs, each in a family of its own, 50 blood pressures each.
const MILLION: &str = "
    CREATE TABLE logging.daily_logs_2024_03 PARTITION OF logging.daily_logs
        FOR VALUES FROM ('2024-03-01T00:00:00Z') TO ('2024-04-01T00:00:00Z');
    INSERT INTO logging.daily_logs
    SELECT n / 50 + 1, n / 50 + 1000001, at, (290::bigint << 42) + n + 1, n / 50 + 1, at, 1, 1, 0, true, true, 'C', 'V', 'UTC', jsonb_build_object('systolic', 100 + n % 60, 'diastolic', 60 + n % 30)
    FROM (SELECT n, timestamptz '2024-03-01T00:00:00Z' + n % 50 * interval '14 hours' + n % 997 * interval '1 second' AS at
        FROM generate_series(0, 999999) AS n) AS made";

#[tokio::test(flavor = "multi_thread")]
async fn a_million_old_logs_move_to_the_archive_whole() {
    let (postgres, folder) = (Postgres::start().await, tempfile::tempdir().expect("a folder"));
    let database = postgres.database().await;
    let url = postgres.url("postgres", &database);
    assert!(job("partitions", &url, &folder).await.status.success());
    postgres.sql(&database, &format!("SET TimeZone = 'UTC'; {MILLION}")).await;
    let facts = "SET TimeZone = 'UTC'; SELECT json_build_object('revisions', count(*), 'ids', sum(id % 4398046511104), 'programs', sum(program_id),
        'systolic', sum((payload->>'systolic')::int), 'families', count(DISTINCT family_id), 'current', count(*)) FROM logging.daily_logs";
    let before: Value = serde_json::from_str(postgres.sql(&database, facts).await.trim()).expect("facts");
    assert_eq!(before["revisions"], 1_000_000);

    let begun = Instant::now();
    let archiving = command("archive", &url, &folder).stdout(Stdio::piped()).spawn().expect("it runs");
    let (ended, most_memory) = watched(archiving).await;
    let seconds = begun.elapsed().as_secs_f64();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(postgres.sql(&database, "SELECT count(*) FROM logging.daily_logs").await.trim(), "0");
    let gone = "SELECT to_regclass('logging.daily_logs_2024_03') IS NULL";
    assert_eq!(postgres.sql(&database, gone).await.trim(), "t", "the month is dropped");

    let files = files(folder.path().join("objects"));
    let bytes: u64 = files.iter().map(|file| file.metadata().expect("its size").len()).sum();
    let read = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/archive.py"))
        .args(&files)
        .output()
        .await
        .expect("Python runs; `scripts/test` installs it");
    let read: Value = serde_json::from_slice(&read.stdout).unwrap_or_else(|_| panic!("{read:?}"));
    for (fact, value) in before.as_object().expect("facts") {
        assert_eq!(&read[fact], value, "{fact}");
    }
    assert_eq!((&read["first"], &read["kinds_fit"]), (&json!("2024-03-01 00:00:00+00"), &json!(true)));
    println!(
        "{} files, {:.1} bytes a revision, {:.0} revisions a second, {most_memory} MiB at most",
        files.len(),
        bytes as f64 / 1e6,
        1e6 / seconds
    );
    assert!(most_memory < 256, "{most_memory} MiB");
}

/// Waits for the end of a process, and tells the most memory it ever had, in MiB.
async fn watched(mut process: Child) -> (Output, u64) {
    let (status, mut most) = (format!("/proc/{}/status", process.id().expect("it runs")), 0);
    while process.try_wait().expect("its status").is_none() {
        let peak = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = peak
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        most = most.max(peak.unwrap_or_default() / 1024);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (process.wait_with_output().await.expect("its output"), most)
}

/// The Parquet files beneath a folder.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            match entry.is_dir() {
                true => folders.push(entry),
                false if entry.extension().is_some_and(|end| end == "parquet") => found.push(entry),
                false => {}
            }
        }
    }
    found
}

/// Reads no message.
struct Deaf;

#[async_trait::async_trait]
impl Handler for Deaf {
    async fn handle(&self, _: &Message) -> Outcome {
        Outcome::Reject
    }
}

async fn redrive(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(binary());
    command.args(["job", "redrive", "--data-dir"]).arg(folder.path());
    command.args(arguments).output().await.expect("it runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_put_back_and_counted() {
    const QUEUE: &str = "ai-inference.image-uploaded";
    let rabbitmq = RabbitMq::start().await;
    let url = rabbitmq.amqp_url();
    let foundation = Foundation::system();
    let queue = RabbitQueue::connect(&foundation, &url).await.expect("a broker");
    queue.subscribe(Subscription::new(QUEUE, "image.uploaded"), Arc::new(Deaf)).await.expect("a queue");
    for nth in 0..3 {
        queue.publish(Message::new("image.uploaded", &nth).expect("a message")).await.expect("a confirm");
    }
    let buried = async |count| {
        while queue.dead_letter_count(QUEUE).await.expect("a count") != count {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    buried(3).await;

    let all = redrive(&["--amqp-url", &url]).await;
    assert!(all.status.success() && said(&all).contains(&format!("{QUEUE}: put back 3")), "{all:?}");
    assert!(said(&all).contains("logging.image-read: put back 0"), "{all:?}");
    buried(3).await;
    let one = redrive(&["--amqp-url", &url, "--queue", QUEUE]).await;
    assert_eq!(said(&one).trim(), format!("{QUEUE}: put back 3"));

    let unknown = redrive(&["--amqp-url", &url, "--queue", "nonsense"]).await;
    assert!(
        !unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains(QUEUE),
        "{unknown:?}"
    );
    let embedded = redrive(&[]).await;
    assert!(!embedded.status.success());
    assert!(String::from_utf8_lossy(&embedded.stderr).contains("needs --amqp-url"), "{embedded:?}");
}
