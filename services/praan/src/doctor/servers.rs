//! RabbitMQ, Redis and S3.

use backends::Objects;
use backends::checkup::{Finding, Level};
use backends::objects::Trial;
use backends::{cache, queue};
use chassis::{Error, Foundation};
use futures_util::future::join_all;
use reqwest::StatusCode;

use super::{Section, within};
use crate::house;
use crate::job;
use crate::options::{Servers, Storage};

const AWAY: &str = "see that the bucket is there, that endpoint, region and keys are right, and that the user has s3:GetObject, s3:PutObject \
    and s3:DeleteObject on the objects and s3:ListBucket on the bucket";
const PUBLIC: &str = "block all public access to the bucket, and look in its access log for who has read from it: it holds health data";
const OUTSIDE: &str = "clients put and get photos there: see that --s3-public-endpoint leads to the same bucket and passes the Host header \
    and the query through";

/// What must be true of the servers together.
pub fn together(servers: &Servers) -> Section {
    let plain = servers.in_the_clear();
    let finding = match servers.check() {
        Err(error) => Finding::problem(
            error.to_string(),
            "change the options it names: a process refuses to start with them",
        ),
        Ok(()) if plain.is_empty() => Finding::ok("fit together, and none is spoken to in the clear"),
        Ok(()) => Finding::warning(
            format!("not by TLS that proves who it is: {}", plain.join(", ")),
            "give them TLS, and have it demanded by --require-tls on; a network that encrypts by itself may do",
        ),
    };
    section("servers", vec![finding])
}

/// The broker, and each queue.
pub async fn queue(servers: &Servers) -> Section {
    let Some(url) = &servers.amqp_url else {
        return section(
            "rabbitmq",
            vec![Finding::ok("embedded: messages live within the process that serves")],
        );
    };
    let mut findings = within(async { vec![queue::rabbitmq::serves(url.reveal()).await] }).await;
    if findings.iter().all(|finding| finding.level == Level::Ok) {
        let queues = job::queues();
        let looks = queues
            .iter()
            .map(|name| within(async { vec![queue::rabbitmq::stands(url.reveal(), name).await] }));
        findings.extend(join_all(looks).await.into_iter().flatten());
    }
    section("rabbitmq", findings)
}

/// The cache.
pub async fn cache(servers: &Servers) -> Section {
    let findings = match &servers.redis_url {
        Some(urls) => within(cache::redis::serves(urls.reveal())).await,
        None => vec![Finding::ok("embedded: limits are counted within the process that serves")],
    };
    section("redis", findings)
}

/// The bucket.
pub async fn objects(storage: &Storage, foundation: &Foundation) -> Section {
    let Some(objects) = house::bucket(&storage.servers.s3, foundation) else {
        let told = format!("embedded in {}", storage.data_dir.join("objects").display());
        return section("s3", vec![Finding::ok(told)]);
    };
    // the client of S3 is large
    let trial = Box::pin(within(async {
        match objects.trial().await {
            Ok(trial) => try_out(&objects, &trial).await,
            Err(error) => vec![Finding::failed("an object cannot be stored and read", &error, AWAY)],
        }
    }));
    section("s3", trial.await)
}

async fn try_out(objects: &Objects, trial: &Trial) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("stores an object and reads it")];
    findings.push(match outside(trial).await {
        Ok(finding) => finding,
        Err(error) => Finding::failed("it cannot be reached as clients reach it", &error, OUTSIDE),
    });
    findings.push(match objects.end_trial(trial).await {
        Ok(()) => Finding::ok("lists and deletes it"),
        Err(error) => Finding::failed("it cannot be listed and deleted", &error, AWAY),
    });
    findings
}

/// What somebody sees who has a signed link, and who has none.
async fn outside(trial: &Trial) -> Result<Finding, Error> {
    let link = trial.link.url.as_str();
    let (signed, unsigned) = (status(link).await?, link.split('?').next().unwrap_or_default());
    let list = format!("{}?list-type=2", unsigned.trim_end_matches(trial.key.as_str()));
    if status(unsigned).await?.is_success() {
        return Ok(Finding::problem("anybody may read its objects, without a signature", PUBLIC));
    }
    if status(&list).await?.is_success() {
        return Ok(Finding::problem("anybody may list its objects, without a signature", PUBLIC));
    }
    Ok(match signed.is_success() {
        true => Finding::ok("is private: signed links are served, and nothing without a signature"),
        false => Finding::problem(format!("a signed link is answered with {}", signed.as_u16()), OUTSIDE),
    })
}

async fn status(url: &str) -> Result<StatusCode, Error> {
    // the URL of a link is as good as what it leads to
    Ok(reqwest::get(url).await.map_err(|error| Error::unavailable(error.without_url()))?.status())
}

fn section(name: &str, findings: Vec<Finding>) -> Section {
    Section { name: name.to_owned(), findings }
}
