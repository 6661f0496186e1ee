//! What is erased for good: from the services that decide on it to those that follow them, in the order in which they know each other.

use std::time::Duration;

use backends::{Database, Objects};
use chassis::Error;
use chassis::shutdown::Tasks;

/// How often a process that has everything in it looks for what is due.
const EVERY: Duration = Duration::from_secs(600);

/// The databases of all services, and where photos and the archive are.
#[derive(Clone)]
pub struct Everything {
    /// Accounts.
    pub identity: Database,
    /// Members.
    pub family: Database,
    /// Programs.
    pub program: Database,
    /// Scores.
    pub adherence: Database,
    /// Readings of photos.
    pub ai_inference: Database,
    /// Logs.
    pub logging: Database,
    /// Photos and the archive.
    pub objects: Objects,
}

impl Everything {
    /// Erases what is due, has every service follow what was erased before, and says what was done. A service that fails keeps none of
    /// the others from doing so; the error is the first one's, and the next run goes on from there.
    pub async fn purge(&self, say: impl Fn(&str)) -> Result<(), Error> {
        let mut failure = None;
        let mut hear = |told: Result<Vec<String>, Error>| match told {
            Ok(lines) => lines.iter().for_each(|line| say(line)),
            Err(error) => {
                error.log("erasing what is due");
                failure.get_or_insert(error);
            }
        };
        hear(each("identity: account", identity::purge(&self.identity).await));
        hear(each("family: member", family::purge(&self.family, &self.identity).await));
        hear(each("program: program", program::purge(&self.program, &self.family).await));
        let followed = [
            ("adherence", adherence::purge(&self.adherence, &self.program).await),
            ("ai-inference", ai_inference::purge(&self.ai_inference, &self.program).await),
            ("logging", logging::purge(&self.logging, &self.objects, &self.program).await),
        ];
        for (service, followed) in followed {
            hear(followed.map(|count| vec![format!("{service}: erased what it had of {count} programs")]));
        }
        for db in self.databases() {
            hear(db.scrub().await.map(|()| Vec::new()));
        }
        failure.map_or(Ok(()), Err)
    }

    /// Does so now and again, from now on, for as long as the process runs.
    pub fn keep_purged(self, tasks: &Tasks) {
        let stopping = tasks.token();
        let purging = async move {
            loop {
                if self.purge(|line| tracing::debug!("{line}")).await.is_err() {
                    tracing::warn!("not all that is due is erased; it is tried again in ten minutes");
                }
                tokio::time::sleep(EVERY).await;
            }
        };
        tasks.spawn("purge", async move {
            stopping.run_until_cancelled(purging).await;
        });
    }

    fn databases(&self) -> [&Database; 6] {
        [&self.identity, &self.family, &self.program, &self.adherence, &self.ai_inference, &self.logging]
    }
}

/// A line for each that was erased.
fn each(what: &str, erased: Result<Vec<i64>, Error>) -> Result<Vec<String>, Error> {
    Ok(erased?.iter().map(|id| format!("{what} {id} is erased")).collect())
}
