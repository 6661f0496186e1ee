//! `praan doctor`: looks at all that a process would use, and says what to do about what is wrong.
//!
//! Each server has its looks in `backends`, beside the adapter that uses it; here they are put in order, bounded in time, and told.
//! What is embedded is only named: it belongs to the process that serves.

mod databases;
mod files;
mod servers;

use std::time::Duration;

use backends::checkup::{Finding, Level};
use chassis::{Error, Foundation};

use crate::options::Doctor;

/// How long one look may take: a busy broker needs some seconds to make a quorum queue.
const PATIENCE: Duration = Duration::from_secs(15);

/// What was looked at, and what was found.
struct Section {
    name: String,
    findings: Vec<Finding>,
}

/// Looks, says what it finds, and fails when something is a problem.
pub async fn run(options: &Doctor, say: impl Fn(&str)) -> Result<(), Error> {
    let foundation = Foundation::system();
    let storage = &options.storage;
    let (databases, queue, cache, objects) = tokio::join!(
        databases::look(storage, &foundation),
        servers::queue(&storage.servers),
        servers::cache(&storage.servers),
        servers::objects(storage, &foundation),
    );
    let mut sections = vec![servers::together(&storage.servers)];
    sections.extend(databases);
    sections.extend([queue, cache, objects]);
    sections.extend(files::look(options, foundation.clock.now().timestamp()));
    foundation.tasks.stop(Duration::from_secs(1)).await;
    for Section { name, findings } in &sections {
        findings.iter().flat_map(|finding| lines(name, finding)).for_each(|line| say(&line));
    }
    let count =
        |level| sections.iter().flat_map(|section| &section.findings).filter(|f| f.level == level).count();
    match (count(Level::Problem), count(Level::Warning)) {
        (0, warnings) => {
            say(&format!("\nNo problems, {warnings} warnings."));
            Ok(())
        }
        (problems, warnings) => {
            Err(Error::illegal_state(format!("{problems} problems, {warnings} warnings")))
        }
    }
}

fn lines(name: &str, finding: &Finding) -> Vec<String> {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Problem => "problem",
    };
    let mut lines = vec![format!("{level:<8} {name:<20} {}", finding.what)];
    if !finding.remedy.is_empty() {
        lines.push(format!("{:29} -> {}", "", finding.remedy));
    }
    lines
}

/// What a look finds, or that it took too long.
async fn within(look: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| {
        vec![Finding::problem(
            format!("no answer within {} s", PATIENCE.as_secs()),
            "see that the server is up, that its address is right, and that no firewall drops the packets in between",
        )]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        assert_eq!(lines("redis", &Finding::ok("fine")), ["ok       redis                fine"]);
        let told = lines("redis", &Finding::problem("away", "start it"));
        assert!(told[0].starts_with("problem  redis") && told[1].trim() == "-> start it", "{told:?}");
    }
}
