//! `praan migrate`: brings databases to the newest schema ahead of a start.

use chassis::{Error, Foundation};

use crate::house::{make_private, open_database};
use crate::options::{Migrate, Service};

/// Migrates the databases of the services that are named, or of all when none is; returns the names of those that have one.
pub async fn run(Migrate { services, data_dir: folder, databases }: &Migrate) -> Result<Vec<String>, Error> {
    let foundation = Foundation::system();
    make_private(folder)?;
    let wanted = |service: &Service| services.is_empty() || services.contains(service);
    let mut migrated = Vec::new();
    let has_one = |service: &Service| !matches!(service, Service::InferenceWorker | Service::Gateway);
    for service in Service::all().into_iter().filter(wanted).filter(has_one) {
        let (db, _lock) = open_database(folder, databases, service, &foundation).await?;
        match service {
            Service::Identity => identity::migrate(&db).await?,
            Service::Family => family::migrate(&db).await?,
            Service::Program => program::migrate(&db).await?,
            Service::Adherence => adherence::migrate(&db).await?,
            Service::AiInference => ai_inference::migrate(&db).await?,
            Service::Logging => logging::migrate(&db).await?,
            Service::InferenceWorker | Service::Gateway => {}
        }
        db.close().await?;
        migrated.push(service.name().to_owned());
    }
    Ok(migrated)
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
            data_dir: folder.path().to_owned(),
            databases: Databases::default(),
        };
        assert_eq!(run(&options(&[])).await.unwrap().len(), 6);
        assert_eq!(run(&options(&[Service::Family])).await.unwrap(), ["family"]);
    }
}
