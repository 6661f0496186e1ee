//! The backends of a process, each opened when the first room asks for it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use backends::cache::memory::MemoryCache;
use backends::objects::embedded;
use backends::queue::memory::MemoryQueue;
use backends::{Cache, Database, Objects, Queue};
use chassis::{Error, Foundation};
use tokio::sync::OnceCell;

use super::Plan;
use crate::lock;
use crate::options::{Service, Storage};

/// The bucket of the embedded object store.
const BUCKET: &str = "praan";

/// The backends of a process.
pub struct Base {
    /// The clock and the tasks.
    pub foundation: Foundation,
    storage: Storage,
    queue: Arc<MemoryQueue>,
    cache: Arc<MemoryCache>,
    objects: OnceCell<embedded::Embedded>,
    locks: Mutex<Vec<lock::Lock>>,
}

impl Base {
    /// Makes the data folder, for its owner alone. Nothing else is opened yet.
    pub async fn open(plan: &Plan, foundation: &Foundation) -> Result<Self, Error> {
        make_private(&plan.storage.data_dir)?;
        Ok(Self {
            foundation: foundation.clone(),
            storage: plan.storage.clone(),
            queue: MemoryQueue::new(foundation),
            cache: MemoryCache::new(&foundation.clock),
            objects: OnceCell::new(),
            locks: Mutex::default(),
        })
    }

    /// The database of a service, which is this process's alone.
    pub async fn database(&self, service: Service) -> Result<Database, Error> {
        let (database, lock) = open_database(&self.storage.data_dir, service, &self.foundation).await?;
        self.hold(lock);
        Ok(database)
    }

    /// The queue.
    pub fn queue(&self) -> Arc<dyn Queue> {
        self.queue.clone()
    }

    /// The cache.
    pub fn cache(&self) -> Arc<dyn Cache> {
        self.cache.clone()
    }

    /// The bucket.
    pub async fn objects(&self) -> Result<Objects, Error> {
        let start = || async {
            self.hold(lock::take(&self.storage.data_dir, "objects")?);
            let settings = embedded::Settings {
                address: self.storage.objects_listen,
                public_endpoint: None,
                directory: self.storage.data_dir.join("objects"),
                bucket: BUCKET.to_owned(),
            };
            embedded::start(&self.foundation, settings).await
        };
        Ok(self.objects.get_or_try_init(start).await?.objects.clone())
    }

    /// Where the embedded object store is, if a room asked for it.
    pub fn objects_address(&self) -> Option<SocketAddr> {
        self.objects.get().map(|embedded| embedded.address)
    }

    /// Gives the locks away, to be kept for as long as anything may be written.
    pub fn into_locks(self) -> Vec<lock::Lock> {
        self.locks.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, lock: lock::Lock) {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
    }
}

/// Opens the database of a service under its lock.
pub async fn open_database(
    folder: &Path,
    service: Service,
    foundation: &Foundation,
) -> Result<(Database, lock::Lock), Error> {
    let lock = lock::take(folder, &service.name())?;
    let database = Database::open_embedded(folder.join(format!("{}.db", service.name())), &foundation.clock).await?;
    Ok((database, lock))
}

/// Makes a folder that only its owner may enter: it holds health data.
pub fn make_private(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Error::illegal_state(format!("the data folder {} cannot be made: {error}", folder.display())))
}
