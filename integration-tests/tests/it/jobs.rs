//! The upkeep, as a scheduler would have it done.

use std::process::Output;
use std::sync::Arc;

use backends::Queue;
use backends::queue::rabbitmq::RabbitQueue;
use backends::queue::{Handler, Message, Outcome, Subscription};
use chassis::Foundation;
use integration_tests::process::binary;
use servers::{Postgres, RabbitMq};
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

/// Reads no message.
struct Deaf;

#[async_trait::async_trait]
impl Handler for Deaf {
    async fn handle(&self, _: &Message) -> Outcome {
        Outcome::Reject
    }
}

async fn redrive(arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(["job", "redrive"]).args(arguments).output().await.expect("it runs")
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

    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
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
