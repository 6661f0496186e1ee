//! Every option of `praan`, with its environment name, default and meaning. `--help` is made from here.

mod ai;
mod databases;
mod edge;
mod links;
mod log;
mod storage;
mod upkeep;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use ai::{Ai, AiProvider};
pub use databases::Databases;
pub use edge::{Edge, SignIn};
pub use links::{Remotes, Tls};
pub use log::{Log, LogFormat};
pub use storage::{S3, Servers, Storage};
pub use upkeep::{Account, Audit, Config, DebugToken, Demo, Doctor, Holder, Job, JobName, Migrate, Verify};

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
    /// Makes a token by which an operator has one request logged in full, in every process it passes, and prints it.
    DebugToken(DebugToken),
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
    pub common: Common,
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
    pub common: Common,
}

/// What every process takes, whatever stands in it.
#[derive(Clone, Args)]
pub struct Common {
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
}
