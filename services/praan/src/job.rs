//! `praan job`: the upkeep that a scheduler asks for.

use std::time::Duration;

use backends::Queue;
use backends::queue::rabbitmq::RabbitQueue;
use chassis::{Error, Foundation, Kind};

use crate::house::{make_private, open_database};
use crate::options::{Job, JobName, Service};

/// How long the connections may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// The queues of the mesh.
pub fn queues() -> Vec<&'static str> {
    [adherence::QUEUES.as_slice(), &ai_inference::QUEUES, &logging::QUEUES].concat()
}

/// Does what is asked, and says what was done.
pub async fn run(job: &Job) -> Result<String, Error> {
    match job.name {
        JobName::Partitions => partitions(job).await,
        JobName::Redrive => redrive(job).await,
    }
}

async fn partitions(Job { data_dir, databases, .. }: &Job) -> Result<String, Error> {
    make_private(data_dir)?;
    let (db, _lock) = open_database(data_dir, databases, Service::Logging, &Foundation::system()).await?;
    logging::migrate(&db).await?;
    let logging::Partitions { made, strays } = logging::partitions(&db).await?;
    db.close().await?;
    if strays > 0 {
        return Err(Error::illegal_state(format!(
            "{strays} revisions lie in daily_logs_default, outside of all months: how did they come by their timestamps?"
        )));
    }
    Ok(match made.as_slice() {
        [] => "no partition was missing".to_owned(),
        made => format!("made {}", made.join(", ")),
    })
}

/// A queue that nobody has consumed yet has no dead letters.
async fn redrive(Job { amqp_url, queue: only, .. }: &Job) -> Result<String, Error> {
    let Some(url) = amqp_url else {
        return Err(Error::illegal_state(
            "redrive needs --amqp-url: the embedded queue lives within the process that serves, and cannot be reached from here",
        ));
    };
    let foundation = Foundation::system();
    let broker = RabbitQueue::connect(&foundation, url.reveal()).await?;
    let mut lines = Vec::new();
    for queue in queues().into_iter().filter(|queue| only.as_ref().is_none_or(|only| only == queue)) {
        let count = match broker.redrive(queue).await {
            Err(error) if error.kind() == Kind::NotFound => 0,
            redriven => redriven?,
        };
        lines.push(format!("{queue}: put back {count}"));
    }
    foundation.tasks.stop(PATIENCE).await;
    Ok(lines.join("\n"))
}
