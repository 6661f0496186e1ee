//! The databases: each server once, and then what each service has in it.

use backends::Database;
use backends::checkup::{Finding, Level};
use backends::db::{Postgres, Standing, checkup};
use chassis::{Error, Foundation};
use futures_util::future::join_all;

use super::{Section, within};
use crate::migrate;
use crate::options::{Service, Storage};

const MIGRATE: &str = "run `praan migrate` with the same options";
const AHEAD: &str = "nothing, while the next release rolls out or after it was rolled back; otherwise use the release that made them";
const TWO_LINES: &str = "use a release that knows all of these steps";
const PARTITIONS: &str =
    "run `praan job partitions`, and see why no process of logging has made them: each looks hourly";
const STRAYS: &str =
    "see how they came by their timestamps, then move them as the runbook says under PraanStrayLogs";

/// Services that share a server.
struct Group {
    services: Vec<Service>,
    server: Postgres,
    replicas: Vec<String>,
}

/// Looks at the databases of all services.
pub async fn look(storage: &Storage, foundation: &Foundation) -> Vec<Section> {
    let (groups, embedded) = groups(storage);
    let mut sections: Vec<Section> = join_all(groups.iter().map(|group| of_group(group, foundation)))
        .await
        .into_iter()
        .flatten()
        .collect();
    if !embedded.is_empty() {
        let names: Vec<_> = embedded.iter().map(|service| service.name()).collect();
        let told = format!("embedded in {}: {}", storage.data_dir.display(), names.join(", "));
        sections.push(Section { name: "databases".to_owned(), findings: vec![Finding::ok(told)] });
    }
    sections
}

/// The servers, each with the services on it, and the services without one.
fn groups(storage: &Storage) -> (Vec<Group>, Vec<Service>) {
    let databases = &storage.servers.databases;
    let (mut groups, mut embedded) = (Vec::<Group>::new(), Vec::new());
    for service in Service::with_database() {
        let Some(server) = databases.of(service) else {
            embedded.push(service);
            continue;
        };
        let same = |group: &&mut Group| {
            group.server.url == server.url && group.server.direct_url == server.direct_url
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.services.push(service),
            None => groups.push(Group {
                services: vec![service],
                server,
                replicas: databases.replicas_of(service),
            }),
        }
    }
    (groups, embedded)
}

async fn of_group(group: &Group, foundation: &Foundation) -> Vec<Section> {
    let Group { services, server, replicas } = group;
    let name = match services.as_slice() {
        [only] => format!("postgres {}", only.name()),
        _ => "postgres".to_owned(),
    };
    let mut findings = within(checkup::serves(server, &foundation.clock)).await;
    if findings.iter().any(|finding| finding.level == Level::Problem) {
        // whatever else there is to see needs this first
        return vec![Section { name, findings }];
    }
    let names: Vec<_> = services.iter().map(|service| service.name()).collect();
    let pooled = within(async { vec![checkup::pooled(server).await] });
    let owns = within(async { vec![checkup::owns(server, &names).await] });
    let following = replicas.iter().enumerate().map(async |(number, replica)| Section {
        name: format!("replica {}", number + 1),
        findings: within(async { vec![checkup::follows(server, replica).await] }).await,
    });
    let (pooled, owns, following) = tokio::join!(pooled, owns, join_all(following));
    findings.extend(pooled.into_iter().chain(owns));
    let mut sections = vec![Section { name, findings }];
    sections.extend(following);
    let tables = services.iter().map(async |service| Section {
        name: service.name().to_owned(),
        findings: within(of_service(*service, server, foundation)).await,
    });
    sections.extend(join_all(tables).await);
    sections
}

async fn of_service(service: Service, server: &Postgres, foundation: &Foundation) -> Vec<Finding> {
    let settings =
        Postgres { direct_url: server.direct_url.clone(), ..Postgres::new(&server.url, service.name()) };
    let looked = async {
        let db = Database::connect(settings, foundation).await?;
        let mut findings = vec![migrations(&migrate::standing(service, &db).await?)];
        if service == Service::Logging && findings[0].level != Level::Problem {
            findings.extend(partitions(logging::missing_partitions(&db).await?));
        }
        db.close().await?;
        Ok(findings)
    };
    looked
        .await
        .unwrap_or_else(|error: Error| vec![Finding::failed("its tables cannot be read", &error, MIGRATE)])
}

fn migrations(Standing { missing, unknown }: &Standing) -> Finding {
    let (lacking, ahead) = (missing.join(", "), unknown.join(", "));
    match (missing.is_empty(), unknown.is_empty()) {
        (true, true) => Finding::ok("its tables are up to date"),
        (true, false) => Finding::warning(format!("its tables are ahead of this program by {ahead}"), AHEAD),
        (false, true) => Finding::problem(format!("its tables lack {lacking}"), MIGRATE),
        (false, false) => {
            Finding::problem(format!("its tables lack {lacking}, and are ahead by {ahead}"), TWO_LINES)
        }
    }
}

fn partitions(missing: logging::MissingPartitions) -> Vec<Finding> {
    let logging::MissingPartitions { names, strays } = missing;
    let made = match names.is_empty() {
        true => Finding::ok("the partitions of daily_logs are made three months ahead"),
        false => Finding::warning(format!("partitions are missing: {}", names.join(", ")), PARTITIONS),
    };
    let strays = match strays {
        0 => Finding::ok("daily_logs_default is empty"),
        strays => Finding::problem(
            format!("{strays} revisions lie in daily_logs_default, outside of all months"),
            STRAYS,
        ),
    };
    vec![made, strays]
}
