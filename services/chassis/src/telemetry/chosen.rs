//! Which log lines are written: those of a filter that may be changed while the process runs and, whatever that says, those of a
//! request that an operator wants to see through ([`crate::verbose`]).

use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload;

use crate::Error;

/// What is worth seeing of a request: all but frames and connections, which would bury the rest.
const WORTH_SEEING: &str = "debug,h2=info,hyper=info,hyper_util=info,rustls=info,tonic=info,tower=info";
/// What must not go to the collector, since sending it would make more of the same.
pub const OWN_TRAFFIC: &str = "hyper=off,h2=off,tonic=off,tower=off,opentelemetry=off";

/// A filter of log lines.
pub type Chosen<S> = Box<dyn Filter<S> + Send + Sync>;

type Change = Arc<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

/// Lines within a span that has `verbose = true`, down to DEBUG. `[{verbose=true}]=debug` of [`EnvFilter`] says the same, but is blind to
/// spans that several threads open when a process has just started: it knows a kind of span only once one thread has registered it.
struct SeenThrough;

/// A span that has `verbose = true`.
struct Marked;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for SeenThrough {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        let marked = || {
            let mut spans = context.lookup_current().into_iter().flat_map(|span| span.scope());
            spans.any(|span| span.extensions().get::<Marked>().is_some())
        };
        // a span has no fields yet when it is asked for
        metadata.is_span() || marked()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut mark = Mark(false);
        attributes.record(&mut mark);
        if let (Mark(true), Some(span)) = (mark, context.span(id)) {
            span.extensions_mut().replace(Marked);
        }
    }
}

/// Looks for `verbose = true` among the fields of a span.
struct Mark(bool);

impl Visit for Mark {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0 |= value && field.name() == "verbose";
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Changes which log lines a process writes.
#[derive(Clone, Default)]
pub struct Levels(Vec<(&'static str, Change)>);

impl Levels {
    /// Makes the filter of one place that lines go to, which also has the `own` rules of that place.
    pub(super) fn of<S>(&mut self, text: &str, own: &'static str) -> Result<Chosen<S>, Error>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + 'static,
    {
        let (base, handle) = reload::Layer::<_, S>::new(filter(&with(text, own))?);
        self.0.push((own, Arc::new(move |filter| handle.reload(filter))));
        // in this order, since what is not worth seeing is then left out for good and not at every line
        let seen_through = filter(&with(WORTH_SEEING, own))?.and(SeenThrough);
        Ok(Box::new(seen_through.or(base)))
    }

    /// Writes other lines from now on, as `RUST_LOG` would have it. A filter that cannot be read changes nothing.
    pub fn set(&self, text: &str) -> Result<(), Error> {
        let filters = self.0.iter().map(|(own, change)| Ok((change, filter(&with(text, own))?)));
        for (change, filter) in filters.collect::<Result<Vec<_>, Error>>()? {
            change(filter).map_err(Error::internal)?;
        }
        Ok(())
    }
}

fn with(text: &str, own: &str) -> String {
    if own.is_empty() { text.to_owned() } else { format!("{text},{own}") }
}

/// Reads a filter.
pub(super) fn filter(text: &str) -> Result<EnvFilter, Error> {
    EnvFilter::try_new(text)
        .map_err(|error| Error::invalid("log", format!("must be a filter such as info,sqlx=warn: {error}")))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Mutex, PoisonError};

    use tracing_subscriber::layer::{Layer, SubscriberExt};

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    fn wired(text: &str) -> (Written, Levels, impl Subscriber + Send + Sync) {
        let (written, mut levels) = (Written::default(), Levels::default());
        let into = written.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || into.clone());
        let chosen = levels.of(text, "").unwrap();
        (written, levels, tracing_subscriber::registry().with(lines.with_filter(chosen)))
    }

    #[test]
    fn one_request_is_seen_through_and_the_one_beside_it_is_not() {
        let (written, _, subscriber) = wired("warn");
        tracing::subscriber::with_default(subscriber, || {
            for verbose in [Some(true), None, Some(false)] {
                tracing::info_span!("rpc", verbose).in_scope(|| {
                    tracing::debug!("about {verbose:?}");
                    tracing::debug!(target: "h2::codec", "a frame");
                    tracing::trace!("the finest");
                });
            }
            tracing::debug!("about nobody");
        });
        let told = written.take();
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains("about Some(true)"), "{told}");
    }

    #[test]
    fn other_lines_are_written_from_now_on_and_a_bad_filter_changes_nothing() {
        let (written, levels, subscriber) = wired("warn");
        let lines = || {
            tracing::debug!("fine");
            tracing::warn!("coarse");
            written.take().lines().count()
        };
        tracing::subscriber::with_default(subscriber, || {
            assert_eq!(lines(), 1);
            levels.set("debug").unwrap();
            assert_eq!(lines(), 2);
            assert!(levels.set("chassis=loudly").is_err());
            assert_eq!(lines(), 2);
            levels.set("off").unwrap();
            assert_eq!(lines(), 0);
        });
    }
}
