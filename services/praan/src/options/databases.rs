use backends::db::Postgres;
use chassis::Error;
use clap::Args;

use super::{Service, Switch};
use crate::secret::Secret;

/// PostgreSQL 15 or newer. Every service has a schema of its own in it.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Servers (each replaces what is embedded)")]
pub struct Databases {
    /// Refuses to start when a database, or another server, would be spoken to in the clear, or without being sure which it is. Each
    /// URL must say so: sslmode=verify-full, amqps://, rediss://, https://.
    #[arg(long, env = "PRAAN_REQUIRE_TLS", default_value = "off", value_name = "ON|OFF")]
    pub require_tls: Switch,
    /// PostgreSQL, such as postgres://praan:secret@postgres:5432/praan. A PgBouncer may stand there: 1.21 or newer with
    /// max_prepared_statements above 0, or in session mode.
    #[arg(long, env = "PRAAN_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,
    /// Read replicas of it, comma-separated; they need --redis-url, by which processes know what a replica must show.
    #[arg(long, env = "PRAAN_DATABASE_REPLICA_URLS", hide_env_values = true, value_name = "URL")]
    pub database_replica_urls: Option<Secret>,
    /// How the owner of the tables connects, past any pooler, to migrate; left out, as --database-url.
    #[arg(long, env = "PRAAN_DATABASE_DIRECT_URL", hide_env_values = true, value_name = "URL")]
    pub database_direct_url: Option<Secret>,
    /// Another database for identity, which has no replicas.
    #[arg(long, env = "PRAAN_IDENTITY_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub identity_database_url: Option<Secret>,
    /// How the owner of its tables connects there; left out, as --identity-database-url.
    #[arg(
        long,
        env = "PRAAN_IDENTITY_DATABASE_DIRECT_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "identity_database_url"
    )]
    pub identity_database_direct_url: Option<Secret>,
    /// Another database for family, which has no replicas.
    #[arg(long, env = "PRAAN_FAMILY_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub family_database_url: Option<Secret>,
    /// How the owner of its tables connects there; left out, as --family-database-url.
    #[arg(
        long,
        env = "PRAAN_FAMILY_DATABASE_DIRECT_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "family_database_url"
    )]
    pub family_database_direct_url: Option<Secret>,
    /// Another database for program, which has no replicas.
    #[arg(long, env = "PRAAN_PROGRAM_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub program_database_url: Option<Secret>,
    /// How the owner of its tables connects there; left out, as --program-database-url.
    #[arg(
        long,
        env = "PRAAN_PROGRAM_DATABASE_DIRECT_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "program_database_url"
    )]
    pub program_database_direct_url: Option<Secret>,
    /// Another database for adherence, which has no replicas.
    #[arg(long, env = "PRAAN_ADHERENCE_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub adherence_database_url: Option<Secret>,
    /// How the owner of its tables connects there; left out, as --adherence-database-url.
    #[arg(
        long,
        env = "PRAAN_ADHERENCE_DATABASE_DIRECT_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "adherence_database_url"
    )]
    pub adherence_database_direct_url: Option<Secret>,
    /// Another database for ai-inference, which has no replicas.
    #[arg(long, env = "PRAAN_AI_INFERENCE_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub ai_inference_database_url: Option<Secret>,
    /// How the owner of its tables connects there; left out, as --ai-inference-database-url.
    #[arg(
        long,
        env = "PRAAN_AI_INFERENCE_DATABASE_DIRECT_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "ai_inference_database_url"
    )]
    pub ai_inference_database_direct_url: Option<Secret>,
    /// Another database for logging, which has no replicas.
    #[arg(long, env = "PRAAN_LOGGING_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub logging_database_url: Option<Secret>,
    /// How the owner of its tables connects there; left out, as --logging-database-url.
    #[arg(
        long,
        env = "PRAAN_LOGGING_DATABASE_DIRECT_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "logging_database_url"
    )]
    pub logging_database_direct_url: Option<Secret>,
}

impl Databases {
    /// The server for a service, if one is named, still without replicas.
    pub fn of(&self, service: Service) -> Option<Postgres> {
        let (own, own_direct) = self.own(service);
        let (url, direct) = match own {
            Some(_) => (own, own_direct),
            None => (self.database_url.as_ref(), self.database_direct_url.as_ref()),
        };
        let direct_url = direct.map(|url| url.reveal().to_owned());
        Some(Postgres { direct_url, ..Postgres::new(url?.reveal(), service.name()) })
    }

    /// The replicas for a service. Another database than the common one has none.
    pub fn replicas_of(&self, service: Service) -> Vec<String> {
        match self.own(service) {
            (Some(_), _) => Vec::new(),
            (None, _) => {
                let urls = self.database_replica_urls.iter().flat_map(|urls| urls.reveal().split(','));
                urls.map(|url| url.trim().to_owned()).collect()
            }
        }
    }

    /// Refuses servers in the clear where that is demanded.
    pub fn refuse(&self, plain: &[&str]) -> Result<(), Error> {
        match self.require_tls {
            Switch::On if !plain.is_empty() => Err(Error::illegal_state(format!(
                "--require-tls is on, and these servers would not be spoken to by TLS: {}",
                plain.join(", ")
            ))),
            _ => Ok(()),
        }
    }

    /// The options that name a server which need not prove who it is, or speaks in the clear.
    pub fn in_the_clear(&self) -> Vec<&'static str> {
        let safe = |urls: &Secret| urls.reveal().split(',').all(|url| url.contains("sslmode=verify-full"));
        let urls = [
            ("--database-url", &self.database_url),
            ("--database-replica-urls", &self.database_replica_urls),
            ("--database-direct-url", &self.database_direct_url),
            ("--identity-database-url", &self.identity_database_url),
            ("--identity-database-direct-url", &self.identity_database_direct_url),
            ("--family-database-url", &self.family_database_url),
            ("--family-database-direct-url", &self.family_database_direct_url),
            ("--program-database-url", &self.program_database_url),
            ("--program-database-direct-url", &self.program_database_direct_url),
            ("--adherence-database-url", &self.adherence_database_url),
            ("--adherence-database-direct-url", &self.adherence_database_direct_url),
            ("--ai-inference-database-url", &self.ai_inference_database_url),
            ("--ai-inference-database-direct-url", &self.ai_inference_database_direct_url),
            ("--logging-database-url", &self.logging_database_url),
            ("--logging-database-direct-url", &self.logging_database_direct_url),
        ];
        let plain = urls.into_iter().filter(|(_, url)| url.as_ref().is_some_and(|url| !safe(url)));
        plain.map(|(option, _)| option).collect()
    }

    /// A service's own database, and how its owner connects there.
    fn own(&self, service: Service) -> (Option<&Secret>, Option<&Secret>) {
        let (url, direct) = match service {
            Service::Identity => (&self.identity_database_url, &self.identity_database_direct_url),
            Service::Family => (&self.family_database_url, &self.family_database_direct_url),
            Service::Program => (&self.program_database_url, &self.program_database_direct_url),
            Service::Adherence => (&self.adherence_database_url, &self.adherence_database_direct_url),
            Service::AiInference => (&self.ai_inference_database_url, &self.ai_inference_database_direct_url),
            Service::Logging => (&self.logging_database_url, &self.logging_database_direct_url),
            Service::InferenceWorker | Service::Gateway => (&None, &None),
        };
        (url.as_ref(), direct.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::options::{Command, Praan};

    fn databases(options: &str) -> Databases {
        let line = format!("praan migrate {options}");
        match Praan::try_parse_from(line.split(' ')).unwrap().command {
            Some(Command::Migrate(migrate)) => migrate.databases,
            _ => panic!("{line} is no line of migrate"),
        }
    }

    #[test]
    fn a_database_of_its_own_has_an_owner_of_its_own_and_no_replicas() {
        let databases = databases(
            "--database-url postgres://pooler/all --database-direct-url postgres://server/all \
             --database-replica-urls postgres://replica/all --logging-database-url postgres://pooler/logs \
             --family-database-url postgres://pooler/family --family-database-direct-url postgres://server/family",
        );
        for (service, url, direct_url, replicas) in [
            (Service::Program, "postgres://pooler/all", Some("postgres://server/all"), 1),
            (Service::Logging, "postgres://pooler/logs", None, 0),
            (Service::Family, "postgres://pooler/family", Some("postgres://server/family"), 0),
        ] {
            let server = databases.of(service).unwrap();
            assert_eq!((server.url.as_str(), server.direct_url.as_deref()), (url, direct_url));
            assert_eq!(databases.replicas_of(service).len(), replicas, "{}", service.name());
        }
    }

    #[test]
    fn an_owner_without_its_database_is_refused() {
        let line = "praan migrate --logging-database-direct-url postgres://server/logs";
        let refused = Praan::try_parse_from(line.split(' ')).err().unwrap().to_string();
        assert!(refused.contains("--logging-database-url"), "{refused}");
    }
}
