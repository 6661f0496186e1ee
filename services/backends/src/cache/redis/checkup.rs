//! Whether servers can serve as the cache.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Client, RedisResult, cmd};
use tokio::time::{Instant, timeout};

use super::address::Address;
use super::fault::Fault;
use super::{PATIENCE, PREFIX};
use crate::checkup::Finding;

/// The first major version with all that is used.
const OLDEST: u32 = 7;
/// What a server may do that is full. Any other policy may forget what still counts.
const POLICIES: [&str; 2] = ["volatile-lru", "noeviction"];
/// How often the latency is measured.
const ROUNDS: usize = 9;
/// How long one server may take to be connected to.
const CONNECTING: Duration = Duration::from_secs(2);

const AWAY: &str = "see that Redis is up, and that --redis-url and its user's rights (~praan:* &praan:* +@all -@dangerous) are right; until \
    then each gateway counts limits by itself";
const NOT_ASKED: &str = "make sure by hand that maxmemory-policy is volatile-lru or noeviction, or grant +info to the user of --redis-url";

/// Looks at each server that is named, and, of a cluster, whether it is whole.
pub async fn serves(urls: &str) -> Vec<Finding> {
    let address = match Address::read(urls) {
        Ok(address) => address,
        Err(error) => return vec![Finding::failed("--redis-url cannot be used", &error, AWAY)],
    };
    if let Err(fault) = address.open().await {
        return vec![Finding::problem(format!("{address} cannot be written to: {fault}"), AWAY)];
    }
    let mut findings = Vec::new();
    for (name, server) in address.servers() {
        match look(server).await {
            Ok(seen) => findings.extend(seen.judge(&name)),
            Err(fault) => findings.push(Finding::problem(format!("{name} does not answer: {fault}"), AWAY)),
        }
    }
    findings
}

/// What a server is like.
struct Seen {
    version: String,
    /// None when our user may not ask.
    policy: Option<String>,
    /// The median of some calls.
    latency: Duration,
}

async fn look(server: &Client) -> Result<Seen, Fault> {
    let connecting = timeout(CONNECTING, server.get_multiplexed_async_connection());
    let mut link = connecting.await.map_err(|_| Fault::silent())??;
    let hello: Vec<redis::Value> = cmd("HELLO").query_async(&mut link).await?;
    let version = hello.chunks(2).find_map(|pair| match pair {
        [key, value] if text(key)? == "version" => text(value),
        _ => None,
    });
    let memory: RedisResult<String> = cmd("INFO").arg("memory").query_async(&mut link).await;
    let policy = memory.ok().and_then(|memory| {
        memory.lines().find_map(|line| Some(line.strip_prefix("maxmemory_policy:")?.trim().to_owned()))
    });
    Ok(Seen { version: version.unwrap_or_default(), policy, latency: latency(&mut link).await? })
}

fn text(value: &redis::Value) -> Option<String> {
    redis::from_redis_value_ref(value).ok()
}

async fn latency(link: &mut MultiplexedConnection) -> Result<Duration, Fault> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        cmd("EXISTS").arg(format!("{PREFIX}checkup")).exec_async(link).await.or_else(elsewhere)?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took[ROUNDS / 2])
}

/// That another server of the cluster has the key is an answer too.
fn elsewhere(error: redis::RedisError) -> Result<(), redis::RedisError> {
    if error.code() == Some("MOVED") { Ok(()) } else { Err(error) }
}

impl Seen {
    fn judge(self, name: &str) -> Vec<Finding> {
        let Self { version, policy, latency } = self;
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or_default();
        let mut findings = Vec::new();
        if major < OLDEST {
            findings.push(Finding::problem(
                format!("{name} is Redis {version}"),
                format!("run Redis {OLDEST} or newer"),
            ));
        }
        match &policy {
            None => findings
                .push(Finding::warning(format!("{name} does not tell its maxmemory-policy"), NOT_ASKED)),
            Some(policy) if !POLICIES.contains(&policy.as_str()) => findings.push(Finding::warning(
                format!("{name} has maxmemory-policy {policy}, and may forget limits that still count"),
                "set it to volatile-lru: CONFIG SET maxmemory-policy volatile-lru, and in redis.conf",
            )),
            Some(_) => {}
        }
        if latency >= PATIENCE {
            findings.push(Finding::problem(
                format!("{name} takes {} ms for an answer", latency.as_millis()),
                format!(
                    "put it nearer, or relieve it: calls wait {} ms and then go on without it",
                    PATIENCE.as_millis()
                ),
            ));
        }
        if findings.is_empty() {
            let (policy, micros) = (policy.unwrap_or_default(), latency.as_micros());
            findings.push(Finding::ok(format!(
                "{name} is Redis {version} with {policy}; it answers in {micros} µs"
            )));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkup::Level;

    #[test]
    fn an_old_a_forgetful_and_a_slow_server_are_each_told() {
        let judged = |version: &str, policy: Option<&str>, millis| {
            let seen = Seen {
                version: version.to_owned(),
                policy: policy.map(str::to_owned),
                latency: Duration::from_millis(millis),
            };
            seen.judge("redis:6379").into_iter().map(|finding| finding.level).collect::<Vec<_>>()
        };
        assert_eq!(judged("7.0.15", Some("volatile-lru"), 1), [Level::Ok]);
        assert_eq!(judged("8.2.1", Some("noeviction"), 49), [Level::Ok]);
        assert_eq!(judged("6.2.7", Some("noeviction"), 1), [Level::Problem]);
        assert_eq!(judged("", Some("noeviction"), 1), [Level::Problem]);
        assert_eq!(judged("7.2.0", Some("allkeys-lru"), 1), [Level::Warning]);
        assert_eq!(judged("7.2.0", None, 50), [Level::Warning, Level::Problem]);
    }
}
