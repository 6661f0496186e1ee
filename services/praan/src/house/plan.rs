//! What shall stand in this process.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use chassis::Error;
use chassis::mesh::Dialer;
use chassis::shutdown::Tasks;
use chassis::tls::Tls;
use tonic::transport::Uri;

use crate::keyfile;
use crate::options::{self, Edge, Remotes, Serve, Service, Storage, Up};

/// Rooms that speak by events over the embedded queue, and so share a process.
const TOGETHER: [(Service, Service); 2] =
    [(Service::Program, Service::Adherence), (Service::Logging, Service::AiInference)];

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
    /// Where things rest.
    pub storage: Storage,
}

impl Plan {
    /// Everything in one process.
    pub fn whole(up: &Up) -> Self {
        let Up { listen, edge, storage, .. } = up.clone();
        Self { here: Service::all(), listen, remotes: Remotes::default(), tls: None, edge, storage }
    }

    /// Some services. Refuses a set that would leave events unheard, or a service without its address.
    pub fn part(serve: &Serve) -> Result<Self, Error> {
        let Serve { services, listen, remotes, tls, edge, storage, .. } = serve.clone();
        let tls = tls.read()?;
        let plan = Self { here: services.into_iter().collect(), listen, remotes, tls, edge, storage };
        let shared_queue = plan.storage.servers.amqp_url.is_some();
        for (one, other) in TOGETHER {
            if !shared_queue && plan.here.contains(&one) != plan.here.contains(&other) {
                let (one, other) = (one.name(), other.name());
                return Err(Error::illegal_state(format!(
                    "{one} and {other} share the embedded queue: serve both or neither"
                )));
            }
        }
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
            Service::Gateway => &None,
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

    /// The services it calls. All but the gateway also ask identity about access tokens.
    fn calls(self) -> &'static [Service] {
        use Service::{Adherence, AiInference, Family, Identity, Logging, Program};
        match self {
            Identity => &[],
            Family | AiInference => &[Identity],
            Program => &[Identity, Family],
            Adherence => &[Identity, Family, Program],
            Logging => &[Identity, Program, Adherence, AiInference],
            Service::Gateway => &[Identity, Family, Program, Adherence, Logging],
        }
    }
}

impl options::Tls {
    /// Reads the files, if they are named.
    fn read(&self) -> Result<Option<Tls>, Error> {
        match (&self.tls_cert, &self.tls_key, &self.tls_ca) {
            (Some(certificate), Some(key), Some(authority)) => {
                Tls::read(certificate, key, authority).map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Storage {
    /// The key that signing keys are encrypted with.
    pub fn key_encryption_key(&self) -> Result<[u8; 32], Error> {
        match &self.key_encryption_key_file {
            Some(file) => keyfile::read(file),
            None => keyfile::read_or_make(&self.data_dir.join("key-encryption-key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum};

    use super::*;
    use crate::options::{Command, Praan};

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
            ("praan serve gateway identity", "alone"),
            ("praan serve family --identity-url https://i", "--tls-cert"),
            ("praan serve family --identity-url i:80", "http://"),
            ("praan serve identity --tls-cert /absent --tls-key /absent --tls-ca /absent", "/absent"),
        ] {
            let said = plan(line).err().expect(line).to_string();
            assert!(said.contains(wanted), "{line}: {said}");
        }
        assert!(plan("praan serve identity").is_ok());
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
    fn every_service_but_the_gateway_has_a_contract() {
        for service in Service::all() {
            assert_eq!(
                service.contracts().count(),
                usize::from(service != Service::Gateway),
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
