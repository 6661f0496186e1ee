use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use backends::cache::Cache;
use chassis::auth::Verifier;
use chassis::{Error, Foundation, Link};

use crate::config::Config;
use crate::contract::Contract;
use crate::door::Door;
use crate::grpc::Grpc;
use crate::health::Health;
use crate::limits::Limits;
use crate::operators::Operators;
use crate::pages::Pages;
use crate::rest::Rest;
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
    let limits = Arc::new(Limits::new(
        needs.cache,
        &clock,
        needs.verifier,
        config.rate_limits.then_some(config.quotas),
    ));
    let health = Arc::new(Health::new(upstream.clone(), tasks.clone()));
    let pages = Pages::new(&openapi::document(&contract), health.clone());

    let grpc = Grpc::new(contract.clone(), upstream.clone(), limits.clone(), health, tasks.clone())?;
    let rest = Rest::new(contract, pages, upstream, limits, tasks.clone());
    let operators = Operators::new(config.debug_key, clock);
    let door = Door::new(rest, grpc, cors::layer(&config.cors_origins)?, config.proxies, operators);

    let listener = chassis::serve::listen(config.listen).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let entrance = match &config.tls {
        Some(tls) => chassis::serve::Door::public(listener, tls),
        None => listener.into(),
    };
    tasks.spawn("gateway", chassis::serve::run(entrance, door, tasks.clone()));
    Ok(Bound { address })
}
