//! What shall stand in this process.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chassis::Error;
use chassis::mesh::Dialer;
use chassis::serve::Crowd;
use chassis::shutdown::Tasks;
use chassis::tls::{PublicTls, Tls};
use chassis::verbose;
use gateway::Quotas;
use tokio::sync::watch;
use tonic::transport::Uri;

use crate::keyfile::{self, Keys};
use crate::options::{self, Ai, Common, Edge, Remotes, Serve, Servers, Service, SignIn, Storage, Switch, Up};

/// Two parts that share something, what that is, and the server that lets them part: what is embedded lives within a process.
const TOGETHER: [(Service, Service, &str, Backend); 4] = [
    (Service::Program, Service::Adherence, "queue", Backend::Queue),
    (Service::Logging, Service::InferenceWorker, "queue", Backend::Queue),
    (Service::Logging, Service::InferenceWorker, "object store", Backend::Objects),
    (Service::AiInference, Service::InferenceWorker, "database of ai-inference", Backend::Readings),
];

/// The files and connections that the house itself has open: to databases, among its processes, and its own data.
const OWN_FILES: usize = 512;

/// What is embedded, or on a server.
#[derive(Clone, Copy)]
enum Backend {
    Queue,
    Objects,
    Readings,
}

/// What shall stand in this process, and where the rest is.
#[derive(Clone)]
pub struct Plan {
    /// The services that stand here.
    pub here: BTreeSet<Service>,
    /// Where the door is.
    pub listen: SocketAddr,
    /// Where the others are.
    pub remotes: Remotes,
    /// How the processes know each other; in the clear without.
    pub tls: Option<Tls>,
    /// The options of the public door.
    pub edge: Edge,
    /// How many requests the public door lets through, as of now.
    pub quotas: watch::Receiver<Quotas>,
    /// How people sign in.
    pub sign_in: SignIn,
    /// Who reads the photos.
    pub ai: Ai,
    /// Where things rest.
    pub storage: Storage,
}

impl Plan {
    /// Everything in one process.
    pub fn whole(up: &Up) -> Self {
        let Up { listen, common } = up.clone();
        let Common { edge, sign_in, ai, storage, .. } = common;
        Self {
            here: Service::all(),
            listen,
            remotes: Remotes::default(),
            tls: None,
            edge,
            quotas: Quotas::fixed(),
            sign_in,
            ai,
            storage,
        }
    }

    /// Some services. Refuses a set that would leave events unheard, or a service without its address.
    pub fn part(serve: &Serve) -> Result<Self, Error> {
        let Serve { services, listen, remotes, tls, common } = serve.clone();
        let Common { edge, sign_in, ai, storage, .. } = common;
        let (tls, quotas) = (tls.read()?, Quotas::fixed());
        let here = services.into_iter().collect();
        let plan = Self { here, listen, remotes, tls, edge, quotas, sign_in, ai, storage };
        plan.check_together()?;
        if plan.has_door() && plan.here.len() > 1 && plan.here != Service::all() {
            return Err(Error::illegal_state(
                "gateway is the public door: serve it alone, or use `praan up`",
            ));
        }
        let dialer = plan.dialer(&Tasks::new());
        for service in Service::all() {
            if !plan.here.contains(&service) && plan.needs(service) {
                dialer.check(plan.address(service)?)?;
            }
        }
        Ok(plan)
    }

    /// Refuses parts that would each have an embedded copy of what they must share.
    fn check_together(&self) -> Result<(), Error> {
        for (one, other, what, backend) in TOGETHER {
            let parted = self.here.contains(&one) != self.here.contains(&other);
            if parted && !backend.is_on_server(&self.storage.servers) {
                let (one, other, option) = (one.name(), other.name(), backend.option());
                return Err(Error::illegal_state(format!(
                    "{one} and {other} share the embedded {what}: serve both or neither, or name a server by {option}"
                )));
            }
        }
        Ok(())
    }

    /// The same, with no more connections than there may be open files, but for those that the house needs for itself.
    pub fn within(mut self, open_files: usize) -> Self {
        let most = open_files.saturating_sub(OWN_FILES).max(1);
        if self.has_door() && most < self.edge.connections {
            tracing::warn!(
                most,
                "there may be fewer open files than --connections would need; raise the limit"
            );
            self.edge.connections = most;
        }
        self
    }

    /// Whether the public door is here.
    pub fn has_door(&self) -> bool {
        self.here.contains(&Service::Gateway)
    }

    /// Whether something here calls a service.
    pub fn needs(&self, service: Service) -> bool {
        self.here.iter().any(|room| room.calls().contains(&service))
    }

    /// How services that stand elsewhere are reached.
    pub fn dialer(&self, tasks: &Tasks) -> Dialer {
        Dialer::new(tasks).tls(self.tls.clone())
    }

    /// Where a service is that stands elsewhere.
    pub fn address(&self, service: Service) -> Result<&Uri, Error> {
        let address = match service {
            Service::Identity => &self.remotes.identity_url,
            Service::Family => &self.remotes.family_url,
            Service::Program => &self.remotes.program_url,
            Service::Adherence => &self.remotes.adherence_url,
            Service::AiInference => &self.remotes.ai_inference_url,
            Service::Logging => &self.remotes.logging_url,
            Service::InferenceWorker | Service::Gateway => &None,
        };
        let missing = || {
            Error::illegal_state(format!("{0} stands elsewhere: say where with --{0}-url", service.name()))
        };
        address.as_ref().ok_or_else(missing)
    }

    /// The services that stand here, for a person.
    pub fn names(&self) -> String {
        self.here.iter().map(|service| service.name()).collect::<Vec<_>>().join(", ")
    }
}

impl Service {
    /// Its name, as in the command line, the metrics, and its database.
    pub fn name(self) -> &'static str {
        match self {
            Service::Identity => "identity",
            Service::Family => "family",
            Service::Program => "program",
            Service::Adherence => "adherence",
            Service::AiInference => "ai-inference",
            Service::InferenceWorker => "inference-worker",
            Service::Logging => "logging",
            Service::Gateway => "gateway",
        }
    }

    /// The full names of its gRPC services.
    pub fn contracts(self) -> impl Iterator<Item = String> {
        let package = format!("praan.{}.v1", self.name().replace('-', "_"));
        let services =
            proto::descriptors().services().filter(move |s| s.parent_file().package_name() == package);
        services.map(|service| service.full_name().to_owned())
    }

    /// The services it calls. All that serve methods also ask identity about access tokens.
    fn calls(self) -> &'static [Service] {
        use Service::{Adherence, AiInference, Family, Identity, Logging, Program};
        match self {
            Identity | Service::InferenceWorker => &[],
            Family | AiInference => &[Identity],
            Program => &[Identity, Family],
            Adherence => &[Identity, Family, Program],
            Logging => &[Identity, Family, Program, Adherence, AiInference],
            Service::Gateway => &[Identity, Family, Program, Adherence, Logging],
        }
    }
}

impl Backend {
    fn is_on_server(self, servers: &Servers) -> bool {
        match self {
            Self::Queue => servers.amqp_url.is_some(),
            Self::Objects => servers.s3.s3_endpoint.is_some(),
            Self::Readings => {
                let databases = &servers.databases;
                databases.database_url.is_some() || databases.ai_inference_database_url.is_some()
            }
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Queue => "--amqp-url",
            Self::Objects => "--s3-endpoint",
            Self::Readings => "--database-url or --ai-inference-database-url",
        }
    }
}

impl options::Tls {
    /// Reads the files, if they are named.
    pub fn read(&self) -> Result<Option<Tls>, Error> {
        match (&self.tls_cert, &self.tls_key, &self.tls_ca) {
            (Some(certificate), Some(key), Some(authority)) => {
                Tls::read(certificate, key, authority).map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Edge {
    /// As the gateway wants it.
    pub fn gateway(&self, listen: SocketAddr) -> Result<gateway::Config, Error> {
        let capacity = gateway::Capacity {
            at_once: self.requests_at_once,
            waiting: self.requests_waiting,
            ..gateway::Capacity::default()
        };
        Ok(gateway::Config {
            tls: self.tls()?,
            rate_limits: self.rate_limits == Switch::On,
            cors_origins: self.cors_origins.clone(),
            debug_key: self.debug_key()?,
            proxies: self.proxies,
            crowd: Crowd { most: self.connections, most_per_client: Some(self.connections_per_client) },
            connection_age: Duration::from_secs(self.connection_age as u64),
            capacity,
            ..gateway::Config::new(listen)
        })
    }

    /// What the public door proves itself with, if its files are named.
    pub fn tls(&self) -> Result<Option<PublicTls>, Error> {
        let files = self.edge_tls_cert.as_deref().zip(self.edge_tls_key.as_deref());
        files.map(|(certificate, key)| PublicTls::read(certificate, key)).transpose()
    }

    /// What the tokens of operators are checked with, if there is a secret.
    pub fn debug_key(&self) -> Result<Option<verbose::Key>, Error> {
        self.debug_secret.as_ref().map(|secret| verbose::Key::new(secret.reveal())).transpose()
    }
}

impl SignIn {
    /// The identity providers of the file, if one is named.
    pub fn providers(&self) -> Result<identity::Providers, Error> {
        let read = self.oidc_providers_file.as_deref().map(identity::Providers::read);
        Ok(read.transpose()?.unwrap_or_default())
    }

    /// As family wants it.
    pub fn family(&self) -> family::Config {
        family::Config { proved_addresses_only: self.proved_addresses_only == Switch::On }
    }
}

impl Storage {
    /// The key that signing keys are encrypted with.
    pub fn key_encryption_key(&self) -> Result<Keys, Error> {
        self.key(self.key_encryption_key_file.as_ref(), "key-encryption-key")
    }

    /// The key that audit checkpoints are signed with.
    pub fn audit_key(&self) -> Result<Keys, Error> {
        self.key(self.audit_key_file.as_ref(), "audit-key")
    }

    fn key(&self, file: Option<&PathBuf>, name: &str) -> Result<Keys, Error> {
        match file {
            Some(file) => keyfile::read(file),
            None => keyfile::read_or_make(&self.data_dir.join(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum};

    use super::*;
    use crate::options::{Command, Praan};

    const WORKER: &str = "praan serve inference-worker --amqp-url amqp://r --s3-endpoint http://s --s3-bucket b \
                          --aws-access-key-id a --aws-secret-access-key s";

    fn plan(line: &str) -> Result<Plan, Error> {
        match Praan::try_parse_from(line.split(' ')).map(|praan| praan.command) {
            Ok(Some(Command::Serve(serve))) => Plan::part(&serve),
            _ => panic!("{line} is no sound line"),
        }
    }

    #[test]
    fn a_part_that_could_not_work_is_refused_with_the_remedy() {
        for (line, wanted) in [
            ("praan serve family", "--identity-url"),
            ("praan serve program --identity-url http://i --family-url http://f", "serve both or neither"),
            ("praan serve inference-worker", "--amqp-url"),
            ("praan serve inference-worker --amqp-url amqp://r", "--s3-endpoint"),
            (WORKER, "--database-url"),
            ("praan serve ai-inference --identity-url http://i", "inference-worker"),
            ("praan serve gateway identity", "alone"),
            ("praan serve family --identity-url https://i", "--tls-cert"),
            ("praan serve family --identity-url i:80", "http://"),
            ("praan serve identity --tls-cert /absent --tls-key /absent --tls-ca /absent", "/absent"),
        ] {
            let said = plan(line).err().expect(line).to_string();
            assert!(said.contains(wanted), "{line}: {said}");
        }
        assert!(plan("praan serve identity").is_ok());
        assert!(plan(&format!("{WORKER} --database-url postgres://p/p")).is_ok());
        assert!(plan(&format!("{WORKER} --ai-inference-database-url postgres://p/p")).is_ok());
        assert!(
            plan("praan serve program --identity-url http://i --family-url http://f --amqp-url amqp://r")
                .is_ok()
        );
        assert!(plan("praan serve family --identity-url http://127.0.0.1:1").is_ok());
    }

    #[test]
    fn with_tls_every_address_is_https() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["family".to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let (certificate, key) = (certificate.display(), key.display());
        let tls = format!("--tls-cert {certificate} --tls-key {key} --tls-ca {certificate}");
        let said =
            plan(&format!("praan serve family {tls} --identity-url http://i")).err().unwrap().to_string();
        assert!(said.contains("http://i") && said.contains("https://"), "{said}");
        assert!(plan(&format!("praan serve family {tls} --identity-url https://i")).unwrap().tls.is_some());
    }

    #[test]
    fn every_service_but_the_worker_and_the_gateway_has_a_contract() {
        for service in Service::all() {
            assert_eq!(
                service.contracts().count(),
                usize::from(!matches!(service, Service::InferenceWorker | Service::Gateway)),
                "{}",
                service.name()
            );
        }
    }

    /// The line of a table of the chart's values: `block`, then the name, then the key.
    fn in_chart(block: &str, name: &str, key: &str) -> Option<String> {
        let values = include_str!("../../../../helm/praan/values.yaml");
        let block = values.split(&format!("\n{block}:\n")).nth(1)?.lines();
        let mut block = block.take_while(|line| line.is_empty() || line.starts_with(' '));
        block.find(|line| *line == format!("  {name}:"))?;
        let table = block.take_while(|line| line.starts_with("    "));
        let found = table.map(str::trim).find_map(|line| line.strip_prefix(&format!("{key}: ")));
        Some(found.unwrap_or_default().trim_matches(['[', ']']).to_owned())
    }

    #[test]
    fn the_chart_has_every_service_with_its_calls_and_every_job() {
        for service in Service::all() {
            let calls = service.calls().iter().map(|callee| callee.name()).collect::<Vec<_>>().join(", ");
            assert_eq!(in_chart("services", service.name(), "calls"), Some(calls), "{}", service.name());
        }
        for job in options::JobName::value_variants() {
            let name = job.to_possible_value().expect("each has a name").get_name().to_owned();
            assert!(in_chart("jobs", &name, "uses").is_some_and(|uses| !uses.is_empty()), "{name}");
        }
    }
}
