//! `praan job`: the upkeep that a scheduler asks for.

use std::time::Duration;

use backends::audit::Sealer;
use chassis::{Error, Foundation, Kind};

use crate::house::Base;
use crate::migrate;
use crate::options::{Job, JobName, Service};

/// The queues of the mesh.
pub fn queues() -> Vec<&'static str> {
    [adherence::QUEUES.as_slice(), &ai_inference::QUEUES, &logging::QUEUES].concat()
}

/// Does what is asked, and says by `say` what was done.
pub async fn run(job: &Job, say: impl Fn(&str)) -> Result<(), Error> {
    let foundation = Foundation::system();
    let base = Base::open(&job.storage, &foundation)?;
    let done = match job.name {
        JobName::Partitions => partitions(&base, say).await,
        JobName::SealAudit => seal_audit(&base, say).await,
        JobName::Archive => archive(&base, say).await,
        JobName::Purge => purge(&base, say).await,
        JobName::Redrive => redrive(job, &base, say).await,
    };
    foundation.tasks.stop(Duration::from_secs(10)).await;
    done
}

async fn partitions(base: &Base, say: impl Fn(&str)) -> Result<(), Error> {
    let db = base.database(Service::Logging).await?;
    logging::migrate(&db).await?;
    let logging::Partitions { made, strays } = logging::partitions(&db).await?;
    let packed = logging::pack(&db).await?;
    db.close().await?;
    for logging::Packed { name, before, after } in packed {
        say(&format!("packed {name}: {} MiB instead of {}", after >> 20, before >> 20));
    }
    match made.as_slice() {
        [] => say("no partition was missing"),
        made => say(&format!("made {}", made.join(", "))),
    }
    if strays == 0 {
        return Ok(());
    }
    Err(Error::illegal_state(format!(
        "{strays} revisions lie in daily_logs_default, outside of all months: how did they come by their timestamps?"
    )))
}

async fn seal_audit(base: &Base, say: impl Fn(&str)) -> Result<(), Error> {
    base.objects().await?;
    for service in Service::with_database() {
        let db = base.database(service).await?;
        migrate::tables(service, &db).await?;
        Sealer::new(db.clone(), base.notary(service)?).run_once().await?;
        say(&format!("{}: its audit trail is chained and signed", service.name()));
        db.close().await?;
    }
    Ok(())
}

async fn archive(base: &Base, say: impl Fn(&str)) -> Result<(), Error> {
    let (db, objects) = (base.database(Service::Logging).await?, base.objects().await?);
    logging::migrate(&db).await?;
    while let Some(logging::Archived { month, files, revisions, bytes }) =
        logging::archive(&db, &objects).await?
    {
        let month = month.format("%Y-%m");
        say(&format!("archived {month}: {revisions} revisions in {files} files of {bytes} bytes"));
    }
    say("every log that is left is younger than two years");
    db.close().await
}

async fn purge(base: &Base, say: impl Fn(&str)) -> Result<(), Error> {
    for service in Service::with_database() {
        migrate::tables(service, &base.database(service).await?).await?;
    }
    base.objects().await?;
    let everything = base.everything().ok_or_else(|| Error::internal("a database was not opened"))?;
    everything.purge(say).await
}

/// A queue that nobody has consumed yet has no dead letters.
async fn redrive(job: &Job, base: &Base, say: impl Fn(&str)) -> Result<(), Error> {
    if job.storage.servers.amqp_url.is_none() {
        return Err(Error::illegal_state(
            "redrive needs --amqp-url: the embedded queue lives within the process that serves, and cannot be reached from here",
        ));
    }
    let broker = base.queue().await?;
    for queue in queues().into_iter().filter(|queue| job.queue.as_ref().is_none_or(|only| only == queue)) {
        let count = match broker.redrive(queue).await {
            Err(error) if error.kind() == Kind::NotFound => 0,
            redriven => redriven?,
        };
        say(&format!("{queue}: put back {count}"));
    }
    Ok(())
}
