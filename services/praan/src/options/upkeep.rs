//! The commands of those who run the house: each does its work, and ends.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum, value_parser};

use super::{Databases, Edge, Service, SignIn, Storage, Tls};
use crate::secret::Secret;

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
    /// Makes the monthly partitions of the logs, three months ahead, and packs the keys of months that are over. Fails when logs lie
    /// outside of all months.
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

/// The options of `debug-token`.
#[derive(Clone, Args)]
pub struct DebugToken {
    /// The secret that the public door has, too.
    #[arg(long, env = "PRAAN_DEBUG_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub debug_secret: Secret,
    /// For how many minutes the token is good, a day at most.
    #[arg(long, env = "PRAAN_DEBUG_MINUTES", default_value_t = 15, value_name = "MINUTES", value_parser = value_parser!(u64).range(1..=1440))]
    pub minutes: u64,
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
