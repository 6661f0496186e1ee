//! The upkeep, as a scheduler would have it done.

use std::process::Output;

use integration_tests::process::binary;
use servers::Postgres;
use tokio::process::Command;

async fn job(name: &str, database_url: &str, folder: &tempfile::TempDir) -> Output {
    let mut command = Command::new(binary());
    command.args(["job", name, "--database-url", database_url, "--data-dir"]).arg(folder.path());
    command.output().await.expect("it runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_made_once_and_a_log_outside_of_them_is_told() {
    let (postgres, folder) = (Postgres::start().await, tempfile::tempdir().expect("a folder"));
    let database = postgres.database().await;
    let url = postgres.url("postgres", &database);
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    let (one, other) = tokio::join!(job("partitions", &url, &folder), job("partitions", &url, &folder));
    assert!(one.status.success() && other.status.success(), "{one:?} {other:?}");
    let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'logging.daily_logs'::regclass";
    assert_eq!(postgres.sql(&database, partitions).await.trim(), "18", "17 months, and the default");
    assert!(format!("{}{}", said(&one), said(&other)).contains("made daily_logs_"));
    let again = job("partitions", &url, &folder).await;
    assert_eq!(said(&again).trim(), "no partition was missing");

    let stray = "INSERT INTO logging.daily_logs VALUES (1, 1, '2031-05-01', 1, 1, 'CHECKIN', 'VERIFIED', true, '{}', '[]',
        '2031-05-01', 0, 'UTC', 1, true, 1, now())";
    postgres.sql(&database, stray).await;
    let alarmed = job("partitions", &url, &folder).await;
    assert!(!alarmed.status.success());
    let told = String::from_utf8_lossy(&alarmed.stderr).into_owned();
    assert!(told.contains("1 revisions lie in daily_logs_default"), "{told}");
}
