//! `praan job`: the upkeep that a scheduler asks for.

use chassis::{Error, Foundation};

use crate::house::{make_private, open_database};
use crate::options::{Job, JobName, Service};

/// Does what is asked, and says what was done.
pub async fn run(job: &Job) -> Result<String, Error> {
    match job.name {
        JobName::Partitions => partitions(job).await,
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
