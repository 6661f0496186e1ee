//! From a bucket of a duration, as a real Prometheus has it, the way leads to a trace that the collector has.

use std::collections::BTreeSet;
use std::time::Duration;

use integration_tests::Api;
use integration_tests::collector::Collector;
use integration_tests::process::Process;
use serde_json::Value;
use servers::Prometheus;
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_leads_to_a_trace_of_a_request_in_it() {
    let (collector, folder) = (Collector::start().await, tempfile::tempdir().expect("a folder"));
    let mut environment = collector.environment();
    environment.set("PRAAN_ADMIN_LISTEN", "127.0.0.1:0");
    let house = Process::up_with(folder.path(), &environment).await;
    let metrics = house.metrics.clone().expect("a metrics port");
    let target = metrics.trim_start_matches("http://").trim_end_matches("/metrics");
    let prometheus = Prometheus::start(target).await;
    let user = Api::sign_up(&house.url).await;
    user.add_member().await;

    let mut traces = BTreeSet::new();
    for metric in ["http_server_request_duration_seconds_bucket", "rpc_server_duration_seconds_bucket"] {
        let found = exemplars(&prometheus, metric).await;
        assert!(found.iter().all(|(seconds, _)| (0.0..60.0).contains(seconds)), "{found:?}");
        traces.extend(found.into_iter().map(|(_, trace)| trace));
    }
    // it sends what it has before it ends
    assert!(house.terminate().await);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sent: BTreeSet<_> = collector.spans().iter().map(|span| hex(&span.trace_id)).collect();
    assert!(traces.is_subset(&sent), "{traces:?} of {sent:?}");
}

/// The exemplars of a metric, once there are some: how long each took, and its trace.
async fn exemplars(prometheus: &Prometheus, metric: &str) -> Vec<(f64, String)> {
    for _ in 0..60 {
        let url = format!("{}/api/v1/query_exemplars", prometheus.url());
        let url = reqwest::Url::parse_with_params(&url, &[("query", metric)]).expect("a URL");
        let answer: Value = reqwest::get(url).await.expect("an answer").json().await.expect("JSON");
        let series = answer["data"].as_array().expect("a list");
        let all = series.iter().flat_map(|series| series["exemplars"].as_array().expect("a list"));
        let read = |exemplar: &Value| {
            let seconds = exemplar["value"].as_str().expect("a number").parse().expect("a number");
            (seconds, exemplar["labels"]["trace_id"].as_str().expect("a trace").to_owned())
        };
        let found: Vec<_> = all.map(read).collect();
        if !found.is_empty() {
            return found;
        }
        sleep(Duration::from_millis(500)).await;
    }
    panic!("Prometheus has no exemplar of {metric}; its log: {}", prometheus.log());
}
