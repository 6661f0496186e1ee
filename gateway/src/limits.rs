//! How many requests a minute one caller may send: over everything, and to some methods less. One place, which every public
//! rpc passes, whether it came as REST, gRPC or gRPC-web.
//!
//! The caller is the user of the access token; where there is none, or the method needs none, the client's address. A token is
//! only checked by its signature here: enough to count, and the services check the rest.
//!
//! Where a caller stands is told as the IETF's draft on `RateLimit` has it (draft-ietf-httpapi-ratelimit-headers, since its
//! version 8): the policies in `RateLimit-Policy`, what is left of each in `RateLimit`; over gRPC they are metadata.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backends::cache::leases::Leases;
use backends::cache::memory::MemoryCache;
use backends::cache::{Cache, Rate, Verdict};
use chassis::Error;
use chassis::auth::Verifier;
use chassis::clock::Clock;
use chassis::layers::caller::bearer;
use chassis::serve::network;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge};
use tokio::sync::watch;

use crate::contract::Method;
use crate::quotas::Quotas;
use crate::visit::Visit;

/// The name of that policy.
const DEFAULT: &str = "default";
/// The name of the policy that a method has for itself.
const OWN: &str = "method";

/// Counts requests.
pub struct Limits {
    shared: Leases,
    local: Arc<dyn Cache>,
    /// Whether the last request was counted in `local`: an outage is logged once, not once per request.
    alone: AtomicBool,
    verifier: Verifier,
    /// How many are let through, as of now; none limits nothing.
    quotas: Option<watch::Receiver<Quotas>>,
    refused: Counter<u64>,
    counting_alone: Gauge<u64>,
}

/// What the limits say to one request.
#[derive(Default)]
pub struct Admission {
    /// The verdict under each policy that was asked; none when nothing is limited.
    verdicts: Vec<(&'static str, Verdict)>,
}

impl Limits {
    /// Counts in `shared`, and in this process alone while `shared` is down.
    pub fn new(
        shared: Arc<dyn Cache>,
        clock: &Clock,
        verifier: Verifier,
        quotas: Option<watch::Receiver<Quotas>>,
    ) -> Self {
        let meter = opentelemetry::global::meter("praan");
        let refused = meter
            .u64_counter("praan.limits.refused")
            .with_description("How many requests were one too many, by method.")
            .build();
        let counting_alone = meter
            .u64_gauge("praan.limits.alone")
            .with_description(
                "Whether this process counts by itself, since the shared limits are out of reach.",
            )
            .build();
        refused.add(0, &[]);
        counting_alone.record(0, &[]);
        let (local, alone) = (MemoryCache::new(clock), AtomicBool::new(false));
        let shared = Leases::new(shared, clock);
        Self { shared, local, alone, verifier, quotas, refused, counting_alone }
    }

    /// Counts a request to a method.
    pub async fn admit(&self, method: &Method, visit: Visit, headers: &HeaderMap) -> Admission {
        let Some(quotas) = &self.quotas else { return Admission::default() };
        let admission = self.judge(quotas, method, visit, headers).await;
        if admission.check().is_err() {
            self.refused.add(1, &[KeyValue::new("rpc.method", method.path.as_str().to_owned())]);
        }
        admission
    }

    async fn judge(
        &self,
        quotas: &watch::Receiver<Quotas>,
        method: &Method,
        visit: Visit,
        headers: &HeaderMap,
    ) -> Admission {
        let caller = self.caller(method, visit, headers).await;
        let (own, overall) = {
            let quotas = quotas.borrow();
            (quotas.of_method(method), caller.most(&quotas))
        };
        let mut verdicts = Vec::with_capacity(2);
        // the narrow bucket first: a request it refuses shall not count against everything else
        if own > 0 {
            let own = self.take(&format!("edge:{caller}:{}", method.path), own).await;
            verdicts.push((OWN, own));
            if !own.allowed {
                return Admission { verdicts };
            }
        }
        verdicts.insert(0, (DEFAULT, self.take(&format!("edge:{caller}"), overall).await));
        Admission { verdicts }
    }

    async fn caller(&self, method: &Method, visit: Visit, headers: &HeaderMap) -> Caller {
        // with a token of one's own at hand, a limit per user would be none on guessing another's password
        if !method.anonymous
            && let Some(token) = bearer(headers)
            && let Ok(user) = self.verifier.signed_user(token).await
        {
            return Caller::User(user.id);
        }
        Caller::Address(network(visit.address))
    }

    async fn take(&self, bucket: &str, per_minute: u32) -> Verdict {
        let rate = Rate { per_minute, burst: per_minute };
        let shared = self.shared.take(bucket, rate).await;
        self.notice(shared.as_ref().err());
        match shared {
            Ok(verdict) => verdict,
            // memory does not fail; were it to, the way is closed rather than open
            Err(_) => self.local.take(bucket, rate).await.unwrap_or(Verdict {
                allowed: false,
                limit: per_minute,
                remaining: 0,
                retry_after: Duration::from_secs(1),
                reset_after: Duration::from_secs(60),
            }),
        }
    }

    /// Logs that an outage begins or ends.
    fn notice(&self, error: Option<&Error>) {
        let alone = error.is_some();
        if self.alone.load(Ordering::Relaxed) == alone || self.alone.swap(alone, Ordering::Relaxed) == alone {
            return;
        }
        self.counting_alone.record(alone.into(), &[]);
        match error {
            Some(error) => error.log("the shared rate limits are out of reach; counting in this process"),
            None => tracing::info!("the shared rate limits are within reach again"),
        }
    }
}

impl Admission {
    /// Fails when the request is one too many.
    pub fn check(&self) -> Result<(), Error> {
        self.refusal().map_or(Ok(()), |refusal| Err(Error::rate_limited(refusal.retry_after)))
    }

    /// Tells the client where it stands.
    pub fn stamp(&self, headers: &mut HeaderMap) {
        let list = |item: fn(&str, &Verdict) -> String| {
            let items: Vec<_> = self.verdicts.iter().map(|(name, verdict)| item(name, verdict)).collect();
            HeaderValue::try_from(items.join(", ")).ok().filter(|list| !list.is_empty())
        };
        let policies = list(|name, verdict| format!("\"{name}\";q={};w=60", verdict.limit));
        let standing = list(|name, verdict| {
            format!("\"{name}\";r={};t={}", verdict.remaining, seconds(verdict.reset_after))
        });
        let retry_after = self.refusal().map(|refusal| HeaderValue::from(seconds(refusal.retry_after)));
        let told = [
            (HeaderName::from_static("ratelimit-policy"), policies),
            (HeaderName::from_static("ratelimit"), standing),
            (RETRY_AFTER, retry_after),
        ];
        headers.extend(told.into_iter().filter_map(|(name, value)| Some((name, value?))));
    }

    fn refusal(&self) -> Option<&Verdict> {
        self.verdicts.iter().map(|(_, verdict)| verdict).find(|verdict| !verdict.allowed)
    }
}

/// Whom a request counts against.
#[derive(Clone, Copy)]
enum Caller {
    User(i64),
    Address(IpAddr),
}

impl Caller {
    /// The requests a minute over everything.
    fn most(self, quotas: &Quotas) -> u32 {
        match self {
            Self::User(_) => quotas.per_user,
            Self::Address(_) => quotas.per_address,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Address(address) => write!(f, "address:{address}"),
        }
    }
}

/// Whole seconds, none too early.
fn seconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}
