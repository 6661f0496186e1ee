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
    /// Erases what is due, has every service follow what was erased before, and tells what was done, in words. Whatever breaks it
    /// off, the next run goes on from there.
    pub async fn purge(&self) -> Result<Vec<String>, Error> {
        let accounts = identity::purge(&self.identity).await?;
        let members = family::purge(&self.family, &self.identity).await?;
        let programs = program::purge(&self.program, &self.family).await?;
        let mut done = Vec::new();
        done.extend(accounts.iter().map(|id| format!("identity: account {id} is erased")));
        done.extend(members.iter().map(|id| format!("family: member {id} is erased")));
        done.extend(programs.iter().map(|id| format!("program: program {id} is erased")));
        for (service, followed) in [
            ("adherence", adherence::purge(&self.adherence, &self.program).await?),
            ("ai-inference", ai_inference::purge(&self.ai_inference, &self.program).await?),
            ("logging", logging::purge(&self.logging, &self.objects, &self.program).await?),
        ] {
            done.push(format!("{service}: erased what it had of {followed} programs"));
        }
        for db in self.databases() {
            db.scrub().await?;
        }
        Ok(done)
    }

    /// Does so now and again, from now on, for as long as the process runs.
    pub fn keep_purged(self, tasks: &Tasks) {
        let stopping = tasks.token();
        let purging = async move {
            loop {
                match self.purge().await {
                    Ok(done) => tracing::debug!(lines = done.len(), "erased what is due"),
                    Err(error) => error.log("erasing what is due; it is tried again in ten minutes"),
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
