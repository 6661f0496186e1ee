//! Every option of `praan`, with its environment name, default and meaning. `--help` is made from here.

mod ai;
mod databases;
mod edge;
mod links;
mod storage;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use chassis::telemetry;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use ai::{Ai, AiProvider};
pub use databases::Databases;
pub use edge::Edge;
pub use links::{Remotes, Tls};
pub use storage::{S3, Servers, Storage};

/// The operating system for family health: the whole mesh, or some of its services.
///
/// Without a command, `praan` does what `praan up` does: it lights every service in this process on embedded backends,
/// in ./.praan, and says where REST, gRPC and OpenAPI are.
///
/// What is secret may lie in a file: PRAAN_DATABASE_URL_FILE names one that holds what PRAAN_DATABASE_URL would say, and so for
/// every URL of a server and the AWS keys.
#[derive(Parser)]
#[command(name = "praan", version, args_conflicts_with_subcommands = true, max_term_width = 110)]
pub struct Praan {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `up`.
    #[command(flatten)]
    pub up: Up,
}

/// What `praan` can do.
#[derive(Subcommand)]
pub enum Command {
    /// Lights the whole mesh in this process (the default).
    Up(Box<Up>),
    /// Lights some services in this process; the others are reached over the wire.
    Serve(Box<Serve>),
    /// Brings the databases of services to the newest schema, and ends.
    Migrate(Box<Migrate>),
    /// Reads the audit trails of services, and finds whatever was changed, removed, put in another order or rolled back.
    #[command(subcommand)]
    Audit(Audit),
    /// Locks the account of somebody who has lost a device or a password, and unlocks it.
    #[command(subcommand)]
    Account(Account),
    /// Does a piece of the upkeep, as a scheduler would every day, and ends; safe to run twice, also at once.
    Job(Box<Job>),
    /// Drives the whole main job against a running mesh, as a family would, and shows each step.
    Demo(Demo),
    /// Looks at every server and file that the same options would have a process use, and says what is wrong and what to do about it.
    /// Fails when a process could not work so. Changes nothing that stays.
    Doctor(Box<Doctor>),
    /// Tells about the configuration.
    #[command(subcommand)]
    Config(Config),
}

/// The options of `up`.
#[derive(Clone, Args)]
pub struct Up {
    /// Where REST, gRPC and gRPC-web are served, all on one port.
    #[arg(long, env = "PRAAN_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub edge: Edge,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sign_in: SignIn,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub ai: Ai,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub storage: Storage,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub log: Log,
}

/// The options of `serve`.
///
/// What is embedded lives within a process, so those who share it stand together: without RabbitMQ `program` with `adherence`,
/// and `logging` with `inference-worker`; without S3 `logging` with `inference-worker`; without PostgreSQL `ai-inference` with
/// `inference-worker`. With all three, any number of workers may run at once, each a process.
#[derive(Clone, Args)]
pub struct Serve {
    /// The services to light here.
    #[arg(required = true, value_name = "SERVICE")]
    pub services: Vec<Service>,
    /// Where they are served: internal gRPC, or the public door for `gateway`, which stands alone.
    #[arg(long, env = "PRAAN_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub remotes: Remotes,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub tls: Tls,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub edge: Edge,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sign_in: SignIn,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub ai: Ai,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub storage: Storage,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub log: Log,
}

/// The options of identity and, of whom it takes for whom, of family.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct SignIn {
    /// Whether people may register and log in by password; with `off` both answer 404.
    #[arg(long, env = "PRAAN_PASSWORDS", default_value = "on", value_name = "ON|OFF")]
    pub passwords: Switch,
    /// Whether grants and invitations go to those alone whose e-mail address an identity provider has vouched for. With `off`,
    /// whoever registers an address by password first is taken for its owner.
    #[arg(long, env = "PRAAN_PROVED_ADDRESSES_ONLY", default_value = "off", value_name = "ON|OFF")]
    pub proved_addresses_only: Switch,
    /// The file, in JSON, of the identity providers people may sign in by, such as Google and Apple; none by default.
    #[arg(long, env = "PRAAN_OIDC_PROVIDERS_FILE", value_name = "FILE")]
    pub oidc_providers_file: Option<PathBuf>,
}

/// What the process tells about itself.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Telemetry")]
pub struct Log {
    /// Which log lines to write, by level and module; left out, RUST_LOG, or else
    /// info,sqlx=warn,sea_orm_migration=warn,s3s=off,opentelemetry=warn,redis=error,h2=error.
    #[arg(long, env = "PRAAN_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// The same by the name that Rust programs share; the one above goes before it.
    #[arg(long, env = "RUST_LOG", hide = true, value_name = "FILTER")]
    pub rust_log: Option<String>,
    /// How log lines look.
    #[arg(long, env = "PRAAN_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// The OTLP collector that traces, metrics and logs go to, such as http://127.0.0.1:4317; none by default.
    #[arg(long, env = "PRAAN_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// Where /metrics (for Prometheus), /healthz and /readyz are served, for those who run the house; nowhere by default.
    #[arg(long, env = "PRAAN_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,
}

/// Which log lines are written unless something else is asked for. h2 warns of every connection that it ends for its faults, and so
/// would write as much as a stranger likes.
const LOG: &str = "info,sqlx=warn,sea_orm_migration=warn,s3s=off,opentelemetry=warn,redis=error,h2=error";

impl Log {
    /// As the chassis wants it.
    pub fn settings(&self) -> telemetry::Settings {
        telemetry::Settings {
            filter: self.log.as_ref().or(self.rust_log.as_ref()).map_or(LOG, String::as_str).to_owned(),
            json: self.log_format == LogFormat::Json,
            otlp_endpoint: self.otlp_endpoint.clone(),
            scraped: self.admin_listen.is_some(),
        }
    }
}

/// The options of `migrate`.
#[derive(Clone, Args)]
pub struct Migrate {
    /// The services whose databases to migrate; left out, all.
    #[arg(value_name = "SERVICE")]
    pub services: Vec<Service>,
    /// Then divides the tables by family among the nodes of a Citus cluster; fails where a database has no Citus.
    #[arg(long, env = "PRAAN_DISTRIBUTE")]
    pub distribute: bool,
    /// The folder of the embedded databases; made when missing.
    #[arg(long, env = "PRAAN_DATA_DIR", default_value = "./.praan", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub databases: Databases,
}

/// What can be done with the audit trail.
#[derive(Clone, Subcommand)]
pub enum Audit {
    /// Checks every row against its chain, every chain against its seals, and these against the signed checkpoints. Ends with a
    /// failure, and says where, when anything does not fit.
    Verify(Box<Verify>),
}

/// The options of `audit verify`.
#[derive(Clone, Args)]
pub struct Verify {
    /// The services whose trails to check; left out, all.
    #[arg(value_name = "SERVICE")]
    pub services: Vec<Service>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub storage: Storage,
}

/// What an operator can do with an account.
#[derive(Clone, Subcommand)]
pub enum Account {
    /// Ends every session of an account within a second, and lets nobody sign in to it by any way until it is unlocked.
    Lock(Box<Holder>),
    /// Lets the owner of a locked account sign in again.
    Unlock(Box<Holder>),
}

/// Whose account, and where it is kept.
#[derive(Clone, Args)]
pub struct Holder {
    /// The e-mail address of the account.
    #[arg(value_name = "E-MAIL")]
    pub email: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub storage: Storage,
}

/// The options of `job`.
#[derive(Clone, Args)]
pub struct Job {
    /// What to do.
    #[arg(value_name = "JOB")]
    pub name: JobName,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub storage: Storage,
    /// For redrive: the one queue whose dead letters to put back; left out, all.
    #[arg(long, env = "PRAAN_REDRIVE_QUEUE", value_name = "QUEUE", value_parser = PossibleValuesParser::new(crate::job::queues()))]
    pub queue: Option<String>,
}

/// The pieces of the upkeep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JobName {
    /// Makes the monthly partitions of the logs, three months ahead. Fails when logs lie outside of all months.
    Partitions,
    /// Chains what is in the audit trails and not chained yet, and signs how far they have come. Every process does so by itself.
    SealAudit,
    /// Moves the logs of months that are over for two years to the archive, as Parquet in the object store.
    Archive,
    /// Erases for good what was deleted thirty days ago or is to be erased at once: accounts, members, programs, and all that any
    /// service keeps of them, photos and archive among it.
    Purge,
    /// Puts the dead letters of RabbitMQ's queues, which is what nobody could handle, back to be tried again.
    Redrive,
}

/// The options of `doctor`.
#[derive(Clone, Args)]
pub struct Doctor {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub tls: Tls,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub edge: Edge,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sign_in: SignIn,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub storage: Storage,
}

/// What can be told about the configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum Config {
    /// Prints every option of every command, with its variable, default and allowed values, as Markdown.
    Reference,
}

/// The options of `demo`.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// The mesh to drive.
    #[arg(long, env = "PRAAN_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub url: String,
}

/// A part of the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Service {
    /// Accounts, sessions, tokens.
    Identity,
    /// Families, members, grants.
    Family,
    /// Programs and goals.
    Program,
    /// Scores.
    Adherence,
    /// What photos showed.
    AiInference,
    /// The reading of photos, off the queue; serves no method.
    InferenceWorker,
    /// Logs and photos.
    Logging,
    /// The public door.
    Gateway,
}

impl Service {
    /// All of them.
    pub fn all() -> BTreeSet<Service> {
        Self::value_variants().iter().copied().collect()
    }

    /// Those that have a database.
    pub fn with_database() -> impl Iterator<Item = Service> {
        Self::all()
            .into_iter()
            .filter(|service| !matches!(service, Service::InferenceWorker | Service::Gateway))
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    #[default]
    Off,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For a person.
    Text,
    /// For a machine.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::secret::is_secret;

    #[test]
    fn the_command_line_is_sound_and_every_option_has_an_environment_name() {
        Praan::command().debug_assert();
        let mut commands: Vec<_> = Praan::command().get_subcommands().cloned().collect();
        commands.push(Praan::command());
        for command in commands {
            for arg in command
                .get_arguments()
                .filter(|arg| arg.get_long().is_some_and(|l| l != "help" && l != "version"))
            {
                let env = arg.get_env().and_then(|env| env.to_str()).unwrap_or_default();
                assert!(
                    env.starts_with("PRAAN_") || env.starts_with("AWS_") || env == "RUST_LOG",
                    "{} {}",
                    command.get_name(),
                    arg.get_id()
                );
                assert!(arg.get_help().is_some(), "{} has no help", arg.get_id());
                assert_eq!(is_secret(arg), arg.is_hide_env_values_set(), "{}", arg.get_id());
            }
        }
    }

    #[test]
    fn our_filter_of_log_lines_goes_before_the_one_that_all_share() {
        let filter = |own: Option<&str>, shared: Option<&str>| {
            let mut log = Praan::parse_from(["praan"]).up.log;
            (log.log, log.rust_log) = (own.map(str::to_owned), shared.map(str::to_owned));
            log.settings().filter
        };
        assert_eq!(filter(Some("warn"), Some("debug")), "warn");
        assert_eq!(filter(None, Some("debug")), "debug");
        assert_eq!(filter(None, None), LOG);
    }
}
