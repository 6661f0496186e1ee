//! `praan migrate`: brings databases to the newest schema ahead of a start, and divides them among the nodes of a cluster.
//!
//! A database that a newer release has brought further is left as it is, so that a release can be rolled back: what a step may do so
//! that this is sound stands in [`backends::db::Standing`].

use backends::Database;
use backends::db::Standing;
use chassis::{Error, Foundation};

use crate::house::{make_private, open_database};
use crate::options::{Migrate, Service};

/// Migrates the databases of the services that are named, or of all when none is; returns the names of those that have one.
pub async fn run(options: &Migrate) -> Result<Vec<String>, Error> {
    each(options, async |service, db| {
        tables(service, db).await?;
        Ok(service.name().to_owned())
    })
    .await
}

/// Divides the same databases, which must be migrated; returns what was done to each, in words.
pub async fn distribute(options: &Migrate) -> Result<Vec<String>, Error> {
    each(options, async |service, db| {
        let divided = db.distribute().await?;
        let name = service.name();
        Ok(match divided.is_empty() {
            true => format!("{name}: all that can be divided by family is"),
            false => format!("{name}: divided {} by family", divided.join(", ")),
        })
    })
    .await
}

/// Does something to each database.
async fn each(
    Migrate { services, data_dir: folder, databases, .. }: &Migrate,
    work: impl AsyncFn(Service, &Database) -> Result<String, Error>,
) -> Result<Vec<String>, Error> {
    let foundation = Foundation::system();
    make_private(folder)?;
    let wanted = |service: &Service| services.is_empty() || services.contains(service);
    let mut done = Vec::new();
    for service in Service::with_database().filter(wanted) {
        let (db, _lock) = open_database(folder, databases.of(service), service, &foundation).await?;
        done.push(work(service, &db).await?);
        db.close().await?;
    }
    Ok(done)
}

/// Brings the tables of a service up to date.
pub async fn tables(service: Service, db: &Database) -> Result<(), Error> {
    match service {
        Service::Identity => identity::migrate(db).await,
        Service::Family => family::migrate(db).await,
        Service::Program => program::migrate(db).await,
        Service::Adherence => adherence::migrate(db).await,
        Service::AiInference => ai_inference::migrate(db).await,
        Service::Logging => logging::migrate(db).await,
        Service::InferenceWorker | Service::Gateway => Ok(()),
    }
}

/// How the tables of a service stand to the steps that this program knows.
pub async fn standing(service: Service, db: &Database) -> Result<Standing, Error> {
    match service {
        Service::Identity => identity::standing(db).await,
        Service::Family => family::standing(db).await,
        Service::Program => program::standing(db).await,
        Service::Adherence => adherence::standing(db).await,
        Service::AiInference => ai_inference::standing(db).await,
        Service::Logging => logging::standing(db).await,
        Service::InferenceWorker | Service::Gateway => Ok(Standing::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Databases;

    #[tokio::test]
    async fn migrating_twice_is_as_good_as_once() {
        let folder = tempfile::tempdir().unwrap();
        let options = |services: &[Service]| Migrate {
            services: services.to_vec(),
            distribute: false,
            data_dir: folder.path().to_owned(),
            databases: Databases::default(),
        };
        assert_eq!(run(&options(&[])).await.unwrap().len(), 6);
        assert_eq!(run(&options(&[Service::Family])).await.unwrap(), ["family"]);
        let refused = distribute(&options(&[Service::Family])).await.unwrap_err().to_string();
        assert!(refused.contains("--database-url"), "{refused}");
    }
}
