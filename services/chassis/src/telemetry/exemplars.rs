//! Exemplars: for every bucket of a duration one trace that fell into it lately, so that from a slow bucket the way leads to a slow
//! request. `opentelemetry_sdk` 0.33 collects none and `prometheus` 0.14 writes none; so they are kept here, beside the instruments,
//! and put into the text where Prometheus asks for it as OpenMetrics, which alone has a place for them.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::SECONDS;
use crate::clock::Clock;

/// How many series have exemplars. There are as many as methods and routes by status; what is beyond has none.
const MOST_SERIES: usize = 5_000;

static KEPT: LazyLock<Mutex<HashMap<Series, Buckets>>> = LazyLock::new(Mutex::default);

/// A metric by its name in Prometheus, and its labels, in the order of their names.
type Series = (String, Vec<(String, String)>);
type Buckets = [Option<Exemplar>; SECONDS.len() + 1];

#[derive(Clone, Debug)]
struct Exemplar {
    trace_id: String,
    seconds: f64,
    /// When, in seconds since 1970.
    at: f64,
}

/// Notes how long something took in a span, if its trace is sent. `metric` is the histogram's name in Prometheus.
pub fn note(metric: &str, labels: &[KeyValue], seconds: f64, span: &Span) {
    let context = span.context();
    let span = context.span();
    let known = span.span_context();
    if !known.is_sampled() {
        return;
    }
    let at = Clock::system().now().timestamp_micros() as f64 / 1e6;
    let exemplar = Exemplar { trace_id: known.trace_id().to_string(), seconds, at };
    let name = |label: &KeyValue| label.key.as_str().replace('.', "_");
    let mut labels: Vec<_> = labels.iter().map(|label| (name(label), label.value.to_string())).collect();
    labels.sort_unstable();
    keep((metric.to_owned(), labels), exemplar);
}

fn keep(series: Series, exemplar: Exemplar) {
    let bucket = SECONDS.partition_point(|bound| *bound < exemplar.seconds);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < MOST_SERIES || kept.contains_key(&series) {
        kept.entry(series).or_default()[bucket] = Some(exemplar);
    }
}

/// The text of Prometheus as OpenMetrics, with exemplars. `counters` are the names of those metrics that only rise.
pub fn open_metrics(text: &str, counters: &HashSet<String>) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.lines() {
        match line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')) {
            Some((word, rest)) => {
                let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                // the family of a counter has its name without what its samples end in
                let family = if counters.contains(name) { name.trim_end_matches("_total") } else { name };
                let _ = writeln!(out, "# {word} {family} {rest}");
            }
            None => {
                out.push_str(line);
                if let Some(exemplar) = of_line(line) {
                    let Exemplar { trace_id, seconds, at } = exemplar;
                    let _ = write!(out, " # {{trace_id=\"{trace_id}\"}} {seconds} {at:.3}");
                }
                out.push('\n');
            }
        }
    }
    out.push_str("# EOF\n");
    out
}

/// The exemplar of a bucket, such as `rpc_server_duration_seconds_bucket{rpc_method="…",le="0.1"} 17`.
fn of_line(line: &str) -> Option<Exemplar> {
    let (name, rest) = line.split_once("_bucket{")?;
    let (labels, _) = rest.rsplit_once("\"} ")?;
    let mut labels: Vec<_> = labels
        .split("\",")
        .map(|label| label.split_once("=\"").map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect::<Option<_>>()?;
    labels.sort_unstable();
    let place = labels.iter().position(|(name, _)| name == "le")?;
    let (_, bound) = labels.remove(place);
    let bucket = match bound.parse::<f64>().ok()? {
        f64::INFINITY => SECONDS.len(),
        bound => SECONDS.iter().position(|known| *known == bound)?,
    };
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.get(&(name.to_owned(), labels))?[bucket].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_a_trace_of_its_own_and_no_other() {
        let labels = vec![("status".to_owned(), "200".to_owned()), ("verb".to_owned(), "GET".to_owned())];
        let series = ("took_seconds".to_owned(), labels);
        for (trace, seconds) in [("a", 0.01), ("b", 0.011), ("c", 0.02), ("d", 99.0)] {
            keep(series.clone(), Exemplar { trace_id: trace.to_owned(), seconds, at: 1.5 });
        }
        let text = "# HELP took_seconds How long.\n# TYPE took_seconds histogram\n\
            took_seconds_bucket{verb=\"GET\",status=\"200\",le=\"0.01\"} 1\n\
            took_seconds_bucket{verb=\"GET\",status=\"200\",le=\"0.025\"} 3\n\
            took_seconds_bucket{verb=\"GET\",status=\"500\",le=\"0.025\"} 3\n\
            took_seconds_bucket{verb=\"GET\",status=\"200\",le=\"+Inf\"} 4\n\
            # HELP asked_total How often.\n# TYPE asked_total counter\nasked_total 4\n";
        let want = "# HELP took_seconds How long.\n# TYPE took_seconds histogram\n\
            took_seconds_bucket{verb=\"GET\",status=\"200\",le=\"0.01\"} 1 # {trace_id=\"a\"} 0.01 1.500\n\
            took_seconds_bucket{verb=\"GET\",status=\"200\",le=\"0.025\"} 3 # {trace_id=\"c\"} 0.02 1.500\n\
            took_seconds_bucket{verb=\"GET\",status=\"500\",le=\"0.025\"} 3\n\
            took_seconds_bucket{verb=\"GET\",status=\"200\",le=\"+Inf\"} 4 # {trace_id=\"d\"} 99 1.500\n\
            # HELP asked How often.\n# TYPE asked counter\nasked_total 4\n# EOF\n";
        assert_eq!(open_metrics(text, &HashSet::from(["asked_total".to_owned()])), want);
    }
}
