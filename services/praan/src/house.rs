//! The wiring of a process: which rooms stand here, on which backends, and how they reach the rest.
//!
//! Rooms are opened in the order of their dependencies and are handed only links that exist by then, so the order in
//! [`light`] is the dependency graph, and a cycle cannot be written.

mod base;
mod plan;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chassis::auth::Verifier;
use chassis::mesh::Dialer;
use chassis::serve::Door;
use chassis::switch::Switch;
use chassis::tls::LOOK_AGAIN;
use chassis::{Error, Foundation, Link, Room};

use crate::authority::Remote;
use crate::keyfile::Keys;
use crate::lock::Lock;
use crate::options::{Service, Switch as OnOff};
pub use base::{Base, bucket, make_private, open_database};
pub use plan::Plan;

/// A process whose rooms are lit.
pub struct Lit {
    /// Where its door is.
    pub address: SocketAddr,
    /// Where the embedded object store is, if there is one.
    pub objects: Option<SocketAddr>,
    /// The embedded databases stay this process's own until the last task has ended.
    _locks: Vec<Lock>,
}

/// Lights the rooms of a plan, and opens the door.
pub async fn light(plan: &Plan, foundation: &Foundation) -> Result<Lit, Error> {
    let base = Base::open(&plan.storage, foundation)?;
    let here = || foundation.clone();
    let (mut house, identity) = House::open(plan, &base).await?;

    let open_family = async || {
        let db = base.database(Service::Family).await?;
        let config = plan.sign_in.family();
        family::open(config, family::Needs { foundation: here(), db, identity }).await
    };
    let family = house.room(Service::Family, open_family).await?;

    let open_program = async || {
        let db = base.database(Service::Program).await?;
        program::open(program::Needs {
            foundation: here(),
            db,
            queue: base.queue().await?,
            family: family.clone(),
        })
        .await
    };
    let program = house.room(Service::Program, open_program).await?;

    let open_adherence = async || {
        let (db, program) = (base.database(Service::Adherence).await?, program.clone());
        adherence::open(adherence::Needs {
            foundation: here(),
            db,
            queue: base.queue().await?,
            cache: base.cache().await?,
            program,
            family: family.clone(),
        })
        .await
    };
    let adherence = house.room(Service::Adherence, open_adherence).await?;

    let open_ai_inference = async || ai_inference::open(base.readings().await?).await;
    let ai_inference = house.room(Service::AiInference, open_ai_inference).await?;

    let open_logging = async || {
        let (db, objects) = (base.database(Service::Logging).await?, base.objects().await?);
        let (foundation, queue) = (here(), base.queue().await?);
        let needs =
            logging::Needs { foundation, db, queue, objects, family, program, adherence, ai_inference };
        logging::open(logging::Config::default(), needs).await
    };
    house.room(Service::Logging, open_logging).await?;

    if plan.here.contains(&Service::InferenceWorker) {
        let (db, objects) = (base.readings().await?, base.objects().await?);
        let needs = ai_inference::Needs { foundation: here(), db, queue: base.queue().await?, objects };
        ai_inference::work(plan.ai.settings(), needs, plan.ai.provider()?).await?;
    }
    base.look_after()?;
    let address = house.door(&base).await?;
    Ok(Lit { address, objects: base.objects_address(), _locks: base.into_locks() })
}

/// The rooms so far.
struct House<'a> {
    plan: &'a Plan,
    dialer: Dialer,
    verifier: Verifier,
    links: HashMap<Service, Link>,
}

impl<'a> House<'a> {
    /// Begins with identity: every other room's layers ask it who calls.
    async fn open(plan: &'a Plan, base: &Base) -> Result<(Self, Link), Error> {
        let clock = base.foundation.clock.clone();
        let dialer = plan.dialer(&base.foundation.tasks);
        if let Some(tls) = &plan.tls {
            tls.keep_fresh(&base.foundation.tasks, LOOK_AGAIN);
        }
        if !plan.here.contains(&Service::Identity) {
            let link = match plan.needs(Service::Identity) {
                true => Link::remote(plan.address(Service::Identity)?, &dialer)?,
                false => Link::nowhere(),
            };
            let verifier = Verifier::new(Arc::new(Remote::new(link.clone())), clock);
            return Ok((
                Self { plan, dialer, verifier, links: HashMap::from([(Service::Identity, link.clone())]) },
                link,
            ));
        }
        let Keys { newest, older } = plan.storage.key_encryption_key()?;
        let key_encryption_key = identity::KeyEncryptionKey::new(newest, older);
        let config = identity::Config {
            password_sign_in: plan.sign_in.passwords == OnOff::On,
            providers: plan.sign_in.providers()?,
            ..identity::Config::new(key_encryption_key)
        };
        let needs = identity::Needs {
            foundation: base.foundation.clone(),
            db: base.database(Service::Identity).await?,
        };
        let opened = identity::open(config, needs).await?;
        let verifier = Verifier::new(opened.authority, clock);
        let link = opened.room.link(&verifier);
        Ok((Self { plan, dialer, verifier, links: HashMap::from([(Service::Identity, link.clone())]) }, link))
    }

    /// The way to a room: opened if it stands here, over the wire if something here calls it, and otherwise nowhere.
    async fn room(
        &mut self,
        service: Service,
        open: impl AsyncFnOnce() -> Result<Room, Error>,
    ) -> Result<Link, Error> {
        let link = match self.plan.here.contains(&service) {
            true => open().await?.link(&self.verifier),
            false if self.plan.needs(service) => Link::remote(self.plan.address(service)?, &self.dialer)?,
            false => return Ok(Link::nowhere()),
        };
        self.links.insert(service, link.clone());
        Ok(link)
    }

    /// Opens the public door, or, without a gateway, a door for the other processes.
    async fn door(self, base: &Base) -> Result<SocketAddr, Error> {
        let plan = self.plan;
        let links = self
            .links
            .iter()
            .flat_map(|(service, link)| service.contracts().map(|name| (name, link.clone())));
        if !plan.has_door() {
            let listener = chassis::serve::listen(plan.listen).await?;
            let address = listener.local_addr().map_err(Error::internal)?;
            let here = links.filter(|(name, _)| {
                plan.here.iter().any(|service| service.contracts().any(|own| own == *name))
            });
            let tasks = base.foundation.tasks.clone();
            let door = match &plan.tls {
                Some(tls) => Door::mutual_tls(listener, tls),
                None => Door::from(listener),
            };
            tasks.spawn("door", chassis::serve::run(door, Switch::new(here), tasks.clone()));
            return Ok(address);
        }
        let config = gateway::Config { quotas: plan.quotas.clone(), ..plan.edge.gateway(plan.listen)? };
        if let Some(tls) = &config.tls {
            tls.keep_fresh(&base.foundation.tasks, LOOK_AGAIN);
        }
        let (links, verifier) = (links.collect(), self.verifier.clone());
        let needs = gateway::Needs {
            foundation: base.foundation.clone(),
            links,
            cache: base.cache().await?,
            verifier,
        };
        Ok(gateway::serve(config, needs).await?.address)
    }
}
