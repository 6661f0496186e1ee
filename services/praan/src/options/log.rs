//! What a process tells about itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use chassis::telemetry;
use clap::{Args, ValueEnum};

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
    /// The share of the requests whose traces go to the collector, from 0 to 1. A caller that sends `traceparent` has decided for its own, and
    /// a request that an operator sees through is always among them. A collector that chooses by outcome wants 1.
    #[arg(long, env = "PRAAN_TRACE_RATIO", default_value_t = 1.0, value_name = "RATIO", value_parser = share)]
    pub trace_ratio: f64,
    /// A file, in JSON, with what may change while the process runs: `log`, as --log, and `limits`. It is looked at every two seconds and on
    /// SIGHUP; one that is of no use is complained of, and changes nothing. Left out, SIGHUP ends the process.
    #[arg(long, env = "PRAAN_RELOAD_FILE", value_name = "FILE")]
    pub reload_file: Option<PathBuf>,
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
            trace_ratio: self.trace_ratio,
            scraped: self.admin_listen.is_some(),
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("must be from 0 to 1".to_owned()) }
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
    use clap::Parser;

    use super::*;
    use crate::options::Praan;

    #[test]
    fn our_filter_of_log_lines_goes_before_the_one_that_all_share() {
        let filter = |own: Option<&str>, shared: Option<&str>| {
            let mut log = Praan::parse_from(["praan"]).up.common.log;
            (log.log, log.rust_log) = (own.map(str::to_owned), shared.map(str::to_owned));
            log.settings().filter
        };
        assert_eq!(filter(Some("warn"), Some("debug")), "warn");
        assert_eq!(filter(None, Some("debug")), "debug");
        assert_eq!(filter(None, None), LOG);
    }
}
