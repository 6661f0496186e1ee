//! A whole mesh for a story: in the test's own process, or as processes of their own on real servers.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chassis::Foundation;
use praan::house::{self, Lit, Plan};
use praan::options::{Ai, Edge, Remotes, Servers, Service, SignIn, Storage, Switch};
use tempfile::TempDir;

use crate::fleet::Fleet;
use crate::process::Environment;
use crate::{Api, Provider};

/// A running mesh with its data in a place of its own. It stops when the test drops it.
pub struct House {
    /// Where its door is, such as `http://127.0.0.1:40123`.
    pub url: String,
    topology: Topology,
    /// Where else people may sign in.
    provider: Option<Provider>,
}

/// How a mesh stands.
enum Topology {
    OneProcess { foundation: Foundation, _lit: Lit, _folder: TempDir },
    ManyProcesses(Box<Fleet>),
}

impl House {
    /// Every service in this process, on embedded backends, without rate limits.
    pub async fn one_process() -> Self {
        Self::with(|_, _| {}).await
    }

    /// The same, with an identity provider.
    pub async fn with_provider() -> Self {
        let provider = Provider::start().await;
        let file = provider.file();
        let mut house = Self::with(|_, sign_in| sign_in.oidc_providers_file = Some(file)).await;
        house.provider = Some(provider);
        house
    }

    /// The same, with the edge or the sign-in changed.
    pub fn with(change: impl FnOnce(&mut Edge, &mut SignIn)) -> impl Future<Output = Self> {
        Self::with_plan(|plan| change(&mut plan.edge, &mut plan.sign_in))
    }

    /// The same, with anything changed.
    pub async fn with_plan(change: impl FnOnce(&mut Plan)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let edge = Edge {
            edge_tls_cert: None,
            edge_tls_key: None,
            rate_limits: Switch::Off,
            cors_origins: Vec::new(),
            proxies: 0,
            connections: gateway::CONNECTIONS,
            connections_per_client: gateway::CONNECTIONS_PER_CLIENT,
            connection_age: gateway::CONNECTION_AGE.as_secs() as usize,
            requests_at_once: gateway::Capacity::default().at_once,
            requests_waiting: gateway::Capacity::default().waiting,
            debug_secret: None,
        };
        let sign_in =
            SignIn { passwords: Switch::On, proved_addresses_only: Switch::Off, oidc_providers_file: None };
        let storage = Storage {
            data_dir: folder.path().to_owned(),
            objects_listen: free,
            key_encryption_key_file: None,
            audit_key_file: None,
            servers: Servers::default(),
        };
        let mut plan = Plan {
            here: Service::all(),
            listen: free,
            remotes: Remotes::default(),
            tls: None,
            edge,
            quotas: gateway::Quotas::fixed(),
            sign_in,
            ai: Ai::default(),
            storage,
        };
        change(&mut plan);
        let foundation = Foundation::system();
        let lit = house::light(&plan, &foundation).await.expect("the house lights up");
        let url = format!("http://{}", lit.address);
        let topology = Topology::OneProcess { foundation, _lit: lit, _folder: folder };
        Self { url, topology, provider: None }
    }

    /// Six services, a worker and the door, each a process, on PostgreSQL, RabbitMQ, Redis and S3, with an identity provider.
    pub async fn many_processes() -> Self {
        let provider = Provider::start().await;
        let mut environment = Environment::default();
        environment.set("PRAAN_OIDC_PROVIDERS_FILE", provider.file().display().to_string());
        let fleet = Box::new(Fleet::start_with(environment, 1).await);
        let url = fleet.url();
        Self { url, topology: Topology::ManyProcesses(fleet), provider: Some(provider) }
    }

    /// The identity provider of a house that has one.
    pub fn provider(&self) -> &Provider {
        self.provider.as_ref().expect("a house with a provider")
    }

    /// The processes and servers of a house that has some.
    pub fn fleet(&self) -> Option<&Fleet> {
        match &self.topology {
            Topology::OneProcess { .. } => None,
            Topology::ManyProcesses(fleet) => Some(fleet),
        }
    }

    /// A new account.
    pub async fn sign_up(&self) -> Api {
        Api::sign_up(&self.url).await
    }

    /// A channel for typed gRPC clients.
    pub async fn channel(&self) -> tonic::transport::Channel {
        let endpoint = tonic::transport::Endpoint::from_shared(self.url.clone()).expect("a URL");
        endpoint.connect().await.expect("the door is open")
    }

    /// Stops, and says whether everything ended well and in time.
    pub async fn stop(mut self) -> bool {
        match &mut self.topology {
            Topology::OneProcess { foundation, .. } => foundation.tasks.stop(Duration::from_secs(20)).await,
            Topology::ManyProcesses(fleet) => fleet.stop().await,
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Topology::OneProcess { foundation, .. } = &self.topology {
            foundation.tasks.token().cancel();
        }
    }
}
