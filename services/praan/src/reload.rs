//! What may change while a process runs: which log lines it writes, and how many requests the public door lets through. Both stand in
//! one file in JSON, such as `{"log": "info,sqlx=debug", "limits": {"per_user": 200, "routes": {"POST /api/v1/logs": 120}}}`.
//!
//! The file is looked at again and again, since a ConfigMap that is mounted changes in place and nobody sends a signal in a pod; SIGHUP
//! has it looked at now. What the file leaves out is as it was at the start. It is taken over as a whole or not at all.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use chassis::telemetry::Levels;
use gateway::Quotas;
use opentelemetry::metrics::Gauge;
use serde::Deserialize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How often to look.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// What the file holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    log: Option<String>,
    limits: Quotas,
}

/// The file, and what it changes.
pub struct Reload {
    file: PathBuf,
    levels: Levels,
    /// The filter of log lines where the file names none.
    filter: String,
    quotas: watch::Sender<Quotas>,
    /// What was seen last, or why nothing was: the same trouble is complained of once.
    seen: Result<String, String>,
    refused: Gauge<u64>,
}

impl Reload {
    /// Takes the file over for the first time. Fails when it is of no use: a process that has just been told to start is better not
    /// started than started with what nobody meant.
    pub fn open(file: &Path, levels: &Levels, filter: &str) -> Result<Self, Error> {
        let refused = opentelemetry::global::meter("praan")
            .u64_gauge("praan.reload.refused")
            .with_description("Whether the reload file as it is now is of no use: 1, or 0.")
            .build();
        refused.record(0, &[]);
        let (file, levels, filter) = (file.to_owned(), levels.clone(), filter.to_owned());
        let seen = std::fs::read_to_string(&file).map_err(|error| error.to_string());
        let reload = Self { file, levels, filter, quotas: watch::Sender::default(), seen, refused };
        reload.take_over().map_err(|why| {
            Error::illegal_state(format!("the reload file {} is of no use: {why}", reload.file.display()))
        })?;
        Ok(reload)
    }

    /// Looks at the file until the process stops, and hands out the limits as they are at any time.
    pub fn keep(self, tasks: &Tasks) -> Result<watch::Receiver<Quotas>, Error> {
        let quotas = self.quotas.subscribe();
        let (hangup, stopping) = (signal(SignalKind::hangup()).map_err(Error::internal)?, tasks.token());
        tasks.spawn("reload", async move {
            stopping.run_until_cancelled(self.watch(hangup)).await;
        });
        Ok(quotas)
    }

    async fn watch(mut self, mut hangup: Signal) {
        loop {
            let told = tokio::select! {
                _ = hangup.recv() => true,
                () = tokio::time::sleep(BETWEEN_LOOKS) => false,
            };
            let now = tokio::fs::read_to_string(&self.file).await.map_err(|error| error.to_string());
            if now == self.seen && !told {
                continue;
            }
            self.seen = now;
            let (file, taken) = (self.file.display(), self.take_over());
            self.refused.record(taken.is_err().into(), &[]);
            match taken {
                Ok(()) => tracing::info!(%file, "the reload file was taken over"),
                Err(why) => {
                    tracing::error!(%file, why, "the reload file is of no use; what was read last still holds")
                }
            }
        }
    }

    /// Does as the file says. Says why, if it is of no use; then nothing has changed.
    fn take_over(&self) -> Result<(), String> {
        let text = self.seen.as_ref().map_err(|error| format!("it cannot be read: {error}"))?;
        let Wanted { log, limits } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        limits.check().map_err(|error| format!("limits: {error}"))?;
        self.levels.set(log.as_deref().unwrap_or(&self.filter)).map_err(|error| error.to_string())?;
        self.quotas.send_replace(limits);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_over_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("reload.json");
        let open = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Reload::open(&file, &Levels::default(), "info").map(|reload| reload.quotas.borrow().clone())
        };
        assert_eq!(open("{}").unwrap(), Quotas::default());
        assert_eq!(open(r#"{"log": "debug", "limits": {"per_address": 7}}"#).unwrap().per_address, 7);
        for (bad, wanted) in [
            ("", "EOF"),
            (r#"{"lug": "info"}"#, "lug"),
            (r#"{"log": 3}"#, "string"),
            (r#"{"limits": {"per_user": 0}}"#, "per_user"),
        ] {
            let said = open(bad).unwrap_err().to_string();
            assert!(said.contains(wanted) && said.contains("reload.json"), "{bad}: {said}");
        }
        std::fs::remove_file(&file).unwrap();
        assert!(Reload::open(&file, &Levels::default(), "info").is_err());
    }
}
