//! The command line: reads the options, starts what they ask for, and stops it well.

use std::ffi::OsStr;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use chassis::admin::Admin;
use chassis::clock::Clock;
use chassis::telemetry::{self, Settings, Telemetry};
use chassis::{Error, Foundation, verbose};
use clap::{CommandFactory, FromArgMatches};
use tokio::signal::unix::{SignalKind, signal};

use crate::house::{self, Lit, Plan};
use crate::options::{Audit, Command, Config, DebugToken, Log, Praan};
use crate::reload::Reload;
use crate::{account, audit, demo, descriptors, doctor, job, migrate, reference, secret};

/// How long everything may take to end once the process is told to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `praan` with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let command = match secret::from_files(Praan::command(), &arguments) {
        Ok(command) => command,
        Err(error) => return fail(&error),
    };
    if let Err(error) = known_environment(&command) {
        return fail(&error);
    }
    let praan = match Praan::from_arg_matches(&command.get_matches_from(arguments)) {
        Ok(praan) => praan,
        Err(error) => error.exit(),
    };
    // several clients of TLS are in the house, and all use this one
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return fail(&Error::internal("a TLS provider is installed already"));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Error::internal(error)),
    };
    match runtime.block_on(run(praan.command.unwrap_or_else(|| Command::Up(Box::new(praan.up))))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Up(options) => light(&options.common.log, Plan::whole(&options)).await,
        Command::Serve(options) => light(&options.common.log, Plan::part(&options)?).await,
        Command::Migrate(options) => {
            for migrated in migrate::run(&options).await? {
                say(&format!("{migrated}: its database is up to date"));
            }
            if options.distribute {
                migrate::distribute(&options).await?.iter().for_each(|line| say(line));
            }
            Ok(())
        }
        Command::Audit(Audit::Verify(options)) => audit::run(&options, say).await,
        Command::Account(account) => account::run(&account, say).await,
        Command::Job(options) => job::run(&options, say).await,
        Command::Demo(options) => demo::run(&options.url).await,
        Command::Doctor(options) => Box::pin(doctor::run(&options, say)).await,
        Command::DebugToken(DebugToken { debug_secret, minutes }) => {
            let ends_at = Clock::system().now() + Duration::from_mins(minutes);
            say(&verbose::Key::new(debug_secret.reveal())?.token(ends_at));
            Ok(())
        }
        Command::Config(Config::Reference) => {
            let _ = std::io::stdout().write_all(reference::markdown().as_bytes());
            Ok(())
        }
    }
}

async fn light(log: &Log, plan: Plan) -> Result<(), Error> {
    let settings = log.settings();
    let telemetry = telemetry::start(&settings)?;
    let lived = live(log, plan, &settings, &telemetry).await;
    if let Err(error) = &lived {
        // whoever collects the log lines has to see why there is no more of them
        tracing::error!(cause = error.explained(), "the process cannot go on");
    }
    telemetry.flush();
    lived
}

async fn live(log: &Log, plan: Plan, settings: &Settings, telemetry: &Telemetry) -> Result<(), Error> {
    let mut plan = plan.within(descriptors::raise());
    let foundation = Foundation::system();
    if let Some(file) = &log.reload_file {
        plan.quotas = Reload::open(file, &telemetry.levels, &settings.filter)?.keep(&foundation.tasks)?;
    }
    let admin = match (log.admin_listen, &telemetry.scrape) {
        (Some(address), Some(scrape)) => Some(Admin::open(address, scrape.clone(), &foundation.tasks).await?),
        _ => None,
    };
    let lit = house::light(&plan, &foundation).await?;
    if let Some(admin) = &admin {
        admin.lit();
        say(&format!("  metrics  http://{}/metrics (with /healthz and /readyz)", admin.address));
    }
    // whoever reads that it is up may tell it to stop at once
    let stop = stop_signal()?;
    say(&lit.describe(&plan));
    stop.await;
    say("Stopping: requests in flight may finish.");
    if !foundation.tasks.stop(PATIENCE).await {
        let tasks = foundation.tasks.at_work();
        tracing::warn!(tasks, "some work was still going on when the time to stop was over");
    }
    Ok(())
}

fn stop_signal() -> Result<impl Future<Output = ()>, Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Refuses a `PRAAN_…` variable that no option has: most likely a slip, which would otherwise go unnoticed.
fn known_environment(command: &clap::Command) -> Result<(), Error> {
    let mut known = Vec::new();
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        known.extend(command.get_arguments().filter_map(|arg| arg.get_env()).map(OsStr::to_owned));
        commands.extend(command.get_subcommands());
    }
    let names = std::env::vars_os().map(|(name, _)| name);
    match names.into_iter().find(|name| name.to_string_lossy().starts_with("PRAAN_") && !known.contains(name))
    {
        Some(stranger) => Err(Error::invalid(
            stranger.to_string_lossy(),
            "no option has this name; `praan --help` lists them all",
        )),
        None => Ok(()),
    }
}

impl Lit {
    fn describe(&self, plan: &Plan) -> String {
        if !plan.has_door() {
            return format!("Praan serves {} at {} (gRPC)", plan.names(), self.address);
        }
        let mut text = format!("Praan is up, with its data in {}\n\n", plan.storage.data_dir.display());
        let scheme = if plan.edge.edge_tls_cert.is_some() { "https" } else { "http" };
        text += &format!("  REST     {scheme}://{}/api/v1\n", self.address);
        text += &format!("  gRPC     {} (gRPC-web too; with reflection)\n", self.address);
        text += &format!("  OpenAPI  {scheme}://{}/openapi.json\n", self.address);
        text += &format!("  docs     {scheme}://{}/docs\n", self.address);
        if let Some(objects) = self.objects {
            text += &format!("  photos   http://{objects} (embedded object store)\n");
        }
        text + "\n`praan demo` shows it at work; Ctrl-C stops it."
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    // nobody listening is no reason not to run
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn fail(error: &Error) -> ExitCode {
    // the terminal of whoever runs the house is told the cause, too
    let _ = writeln!(std::io::stderr(), "praan: {}", error.explained());
    ExitCode::FAILURE
}
