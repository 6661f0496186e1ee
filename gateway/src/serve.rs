use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use backends::cache::Cache;
use chassis::auth::Verifier;
use chassis::serve::{Crowd, Rules};
use chassis::{Error, Foundation, Link};

use crate::body::Shelf;
use crate::config::Config;
use crate::contract::Contract;
use crate::door::Door;
use crate::entrance::Entrance;
use crate::grpc::Grpc;
use crate::health::Health;
use crate::large::Large;
use crate::limits::Limits;
use crate::operators::Operators;
use crate::pages::Pages;
use crate::rest::Rest;
use crate::turnstile::Turnstiles;
use crate::upstream::Upstream;
use crate::{cors, openapi};

/// What the gateway needs of the house.
pub struct Needs {
    /// The clock and the tasks.
    pub foundation: Foundation,
    /// The services, by full name, such as the `services()` of a room; every public one must be there.
    pub links: HashMap<String, Link>,
    /// Where requests are counted.
    pub cache: Arc<dyn Cache>,
    /// Tells whose an access token is, to count by user.
    pub verifier: Verifier,
}

/// The open door.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Where it listens.
    pub address: SocketAddr,
}

/// Opens the door. It serves until the tasks stop, and lets requests in flight finish.
pub async fn serve(config: Config, needs: Needs) -> Result<Bound, Error> {
    let Foundation { clock, tasks } = needs.foundation;
    let contract = Arc::new(Contract::read(proto::descriptors())?);
    let upstream = Arc::new(Upstream::new(&contract, needs.links)?);
    let entrance = Arc::new(Entrance {
        large: Large::new(needs.verifier.clone()),
        shelf: Shelf::new(config.patience),
        turnstiles: Turnstiles::new(&contract.services(), config.capacity),
        limits: Limits::new(needs.cache, &clock, needs.verifier, config.rate_limits.then_some(config.quotas)),
    });
    let health = Arc::new(Health::new(upstream.clone(), tasks.clone()));
    let pages = Pages::new(&openapi::document(&contract), health.clone());

    let grpc = Grpc::new(contract.clone(), upstream.clone(), entrance.clone(), health, tasks.clone())?;
    let rest = Rest::new(contract, pages, upstream, entrance, tasks.clone());
    let operators = Operators::new(config.debug_key, clock);
    let door = Door::new(rest, grpc, cors::layer(&config.cors_origins)?, config.proxies, operators);

    let listener = chassis::serve::listen(config.listen).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let front = match &config.tls {
        Some(tls) => chassis::serve::Door::public(listener, tls),
        None => listener.into(),
    };
    let most_per_client = config.crowd.most_per_client.filter(|_| config.proxies == 0);
    let rules = Rules::public(Crowd { most_per_client, ..config.crowd }, config.connection_age);
    tasks.spawn("gateway", chassis::serve::run(front.rules(rules), door, tasks.clone()));
    Ok(Bound { address })
}
