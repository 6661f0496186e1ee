//! The backends of a process, each opened when the first room asks for it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use backends::audit::{Key, Notary, Sealer};
use backends::cache::memory::MemoryCache;
use backends::cache::redis::RedisCache;
use backends::db::{Postgres, Replication};
use backends::objects::{Credentials, Location, embedded};
use backends::queue::memory::MemoryQueue;
use backends::queue::rabbitmq::RabbitQueue;
use backends::{Cache, Database, Objects, Queue};
use chassis::{Error, Foundation};
use tokio::sync::OnceCell;

use crate::lock;
use crate::options::{S3, Servers, Service, Storage};
use crate::purge::Everything;

/// The bucket of the embedded object store.
const BUCKET: &str = "praan";

/// The backends of a process.
pub struct Base {
    /// The clock and the tasks.
    pub foundation: Foundation,
    storage: Storage,
    queue: OnceCell<Arc<dyn Queue>>,
    cache: OnceCell<Arc<dyn Cache>>,
    objects: OnceCell<(Objects, Option<SocketAddr>)>,
    readings: OnceCell<Database>,
    locks: Mutex<Vec<lock::Lock>>,
    /// The databases that were opened, and whose.
    databases: Mutex<Vec<(Service, Database)>>,
}

impl Base {
    /// Makes the data folder, for its owner alone. Nothing else is opened yet.
    pub fn open(storage: &Storage, foundation: &Foundation) -> Result<Self, Error> {
        storage.servers.check()?;
        make_private(&storage.data_dir)?;
        Ok(Self {
            foundation: foundation.clone(),
            storage: storage.clone(),
            queue: OnceCell::new(),
            cache: OnceCell::new(),
            objects: OnceCell::new(),
            readings: OnceCell::new(),
            locks: Mutex::default(),
            databases: Mutex::default(),
        })
    }

    /// The database of a service, which is this process's alone.
    pub async fn database(&self, service: Service) -> Result<Database, Error> {
        let Storage { data_dir, servers, .. } = &self.storage;
        let replicas = servers.databases.replicas_of(service);
        let server = match servers.databases.of(service) {
            Some(server) if !replicas.is_empty() => {
                let replication = Some(Replication { replicas, cache: self.cache().await? });
                Some(Postgres { replication, ..server })
            }
            server => server,
        };
        let (database, lock) = open_database(data_dir, server, service, &self.foundation).await?;
        lock.into_iter().for_each(|lock| self.hold(lock));
        self.databases.lock().unwrap_or_else(PoisonError::into_inner).push((service, database.clone()));
        Ok(database)
    }

    /// Starts to chain and sign the audit trail of every database that was opened, and, where all were, to erase what is due;
    /// their tables must be there.
    pub fn look_after(&self) -> Result<(), Error> {
        for (service, db) in self.opened() {
            Sealer::new(db, self.notary(service)?).start(&self.foundation);
        }
        if let Some(everything) = self.everything() {
            everything.keep_purged(&self.foundation.tasks);
        }
        Ok(())
    }

    /// The databases that were opened, and whose.
    fn opened(&self) -> Vec<(Service, Database)> {
        self.databases.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All databases and the object store, if all of them were opened.
    pub fn everything(&self) -> Option<Everything> {
        let opened: HashMap<_, _> = self.opened().into_iter().collect();
        let of = |service| opened.get(&service).cloned();
        Some(Everything {
            identity: of(Service::Identity)?,
            family: of(Service::Family)?,
            program: of(Service::Program)?,
            adherence: of(Service::Adherence)?,
            ai_inference: of(Service::AiInference)?,
            logging: of(Service::Logging)?,
            objects: self.objects.get().map(|(objects, _)| objects.clone())?,
        })
    }

    /// Who signs the checkpoints of a service. Copies go to the bucket, where this process has one.
    pub fn notary(&self, service: Service) -> Result<Notary, Error> {
        let opened = self.objects.get().map(|(objects, _)| objects.clone());
        let objects = opened.or_else(|| bucket(&self.storage.servers.s3, &self.foundation));
        let keys = self.storage.audit_key()?;
        let older = keys.older.iter().map(Key::new).collect::<Result<_, _>>()?;
        Ok(Notary { service: service.name(), key: Key::new(&keys.newest)?, older, objects })
    }

    /// The database of ai-inference, which its workers share.
    pub async fn readings(&self) -> Result<Database, Error> {
        self.readings.get_or_try_init(async || self.database(Service::AiInference).await).await.cloned()
    }

    /// The queue.
    pub async fn queue(&self) -> Result<Arc<dyn Queue>, Error> {
        let open = async || -> Result<_, Error> {
            match &self.storage.servers.amqp_url {
                Some(url) => {
                    Ok(RabbitQueue::connect(&self.foundation, url.reveal()).await? as Arc<dyn Queue>)
                }
                None => Ok(MemoryQueue::new(&self.foundation) as Arc<dyn Queue>),
            }
        };
        self.queue.get_or_try_init(open).await.cloned()
    }

    /// The cache.
    pub async fn cache(&self) -> Result<Arc<dyn Cache>, Error> {
        let open = async || -> Result<_, Error> {
            match &self.storage.servers.redis_url {
                Some(urls) => {
                    Ok(RedisCache::connect(&self.foundation, urls.reveal()).await? as Arc<dyn Cache>)
                }
                None => Ok(MemoryCache::new(&self.foundation.clock) as Arc<dyn Cache>),
            }
        };
        self.cache.get_or_try_init(open).await.cloned()
    }

    /// The bucket.
    pub async fn objects(&self) -> Result<Objects, Error> {
        let open = async || match bucket(&self.storage.servers.s3, &self.foundation) {
            Some(objects) => Ok((objects, None)),
            None => self.embedded_objects().await,
        };
        Ok(self.objects.get_or_try_init(open).await?.0.clone())
    }

    async fn embedded_objects(&self) -> Result<(Objects, Option<SocketAddr>), Error> {
        self.hold(lock::take(&self.storage.data_dir, "objects")?);
        let settings = embedded::Settings {
            address: self.storage.objects_listen,
            public_endpoint: None,
            directory: self.storage.data_dir.join("objects"),
            bucket: BUCKET.to_owned(),
        };
        let embedded = embedded::start(&self.foundation, settings).await?;
        Ok((embedded.objects, Some(embedded.address)))
    }

    /// Where the embedded object store is, if a room asked for it.
    pub fn objects_address(&self) -> Option<SocketAddr> {
        self.objects.get().and_then(|(_, address)| *address)
    }

    /// Gives the locks away, to be kept for as long as anything may be written.
    pub fn into_locks(self) -> Vec<lock::Lock> {
        self.locks.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, lock: lock::Lock) {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
    }
}

/// The bucket on a server, where one is named.
pub fn bucket(s3: &S3, foundation: &Foundation) -> Option<Objects> {
    let (endpoint, bucket) = (s3.s3_endpoint.clone()?, s3.s3_bucket.clone()?);
    let (access_key, secret_key) = (s3.aws_access_key_id.as_ref()?, s3.aws_secret_access_key.as_ref()?);
    let public_endpoint = s3.s3_public_endpoint.clone().unwrap_or_else(|| endpoint.clone());
    let location = Location { endpoint, public_endpoint, region: s3.s3_region.clone(), bucket };
    let credentials = Credentials::new(access_key.reveal(), secret_key.reveal());
    Some(Objects::new(location, &credentials, &foundation.clock))
}

impl Servers {
    /// Refuses what could not work.
    pub fn check(&self) -> Result<(), Error> {
        if self.databases.database_replica_urls.is_some() && self.redis_url.is_none() {
            return Err(Error::illegal_state(
                "replicas need Redis, by which processes tell each other what a replica must show: say where with --redis-url",
            ));
        }
        self.databases.refuse(&self.in_the_clear())
    }
}

/// Opens the database of a service: on the server that is named for it, or else embedded, under a lock.
pub async fn open_database(
    folder: &Path,
    server: Option<Postgres>,
    service: Service,
    foundation: &Foundation,
) -> Result<(Database, Option<lock::Lock>), Error> {
    if let Some(server) = server {
        return Ok((Database::connect(server, foundation).await?, None));
    }
    let lock = lock::take(folder, service.name())?;
    let database =
        Database::open_embedded(folder.join(format!("{}.db", service.name())), &foundation.clock).await?;
    Ok((database, Some(lock)))
}

/// Makes a folder that only its owner may enter: it holds health data.
pub fn make_private(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| {
        Error::illegal_state(format!("the data folder {} cannot be made: {error}", folder.display()))
    })
}
