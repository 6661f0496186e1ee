//! `praan doctor` on real servers: nothing is wrong with a fresh fleet, and of what is broken each is named with what to do about it.

mod patient;

use std::os::unix::fs::PermissionsExt;

use chrono::{Datelike, Months};
use integration_tests::fleet::Fault;
use servers::{PgBouncer, PoolMode};

use patient::Patient;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_with_a_fresh_fleet_and_nothing_is_left_behind() {
    let patient = Patient::fresh().await;
    let seen = patient.examine(&[]).await;
    println!("{}", seen.text);
    assert!(seen.well, "{}", seen.text);
    assert_eq!(seen.count("problem"), 0, "{}", seen.text);
    assert_eq!(seen.count("warning"), 1, "only that loopback has no TLS: {}", seen.text);
    for told in [
        "ok       postgres             PostgreSQL 15",
        "ok       replica 1            it shows what the primary has written",
        "ok       ai-inference         its tables are up to date",
        "ok       logging              daily_logs_default is empty",
        "ok       rabbitmq             declares quorum queues as of 3.10",
        "with noeviction; it answers in",
        "ok       s3                   is private",
        "ok       audit key",
    ] {
        assert!(seen.text.contains(told), "{told}: {}", seen.text);
    }
    let secret = patient.fleet.environment.get("AWS_SECRET_ACCESS_KEY");
    assert!(!seen.text.contains(secret) && !seen.text.contains("guest"), "a secret is told: {}", seen.text);
    assert_eq!(patient.objects_left().await, 0);
    assert!(!seen.text.contains("identity.db") && !patient.fleet.folder().join("identity.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_named() {
    let patient = Patient::fresh().await;
    for (part, fault, line, remedy) in [
        ("redis", Fault::Restart, "redis", "--redis-url"),
        ("redis", Fault::Freeze, "redis", "see that"),
        ("rabbitmq", Fault::Cut, "rabbitmq", "see that the broker is up"),
        ("rabbitmq", Fault::Freeze, "rabbitmq", "see that the server is up"),
        ("s3", Fault::Cut, "s3", "see that"),
        ("replica", Fault::Restart, "replica 1", "see that it is up"),
        ("postgres", Fault::Cut, "postgres", "see that PostgreSQL is up"),
        ("postgres", Fault::Freeze, "postgres", "see that the server is up"),
    ] {
        let part = patient.fleet.part(part);
        part.harm(fault).await;
        patient.examine(&[]).await.alone("problem", line, remedy);
        part.heal(fault).await;
    }
    // it takes a proxy a moment to be whole again, and a replica to come back
    let seen = patient.examine(&[]).await;
    assert!(seen.well, "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_the_database_is_named() {
    let patient = Patient::fresh().await;
    let fleet = &patient.fleet;
    let next =
        chassis::clock::Clock::system().now().date_naive().with_day(1).expect("a first") + Months::new(3);
    let partition = next.format("logging.daily_logs_%Y_%m");
    fleet.sql(&format!("DROP TABLE {partition}")).await;
    patient.examine(&[]).await.also(
        "warning",
        "logging",
        &partition.to_string()[8..],
        "praan job partitions",
    );
    fleet
        .sql("INSERT INTO logging.daily_logs VALUES (1, 1, '2031-05-01', 1, 1, now(), 1, 1, 0, true, true, 'C', 'V', 'UTC', '{}')")
        .await;
    let seen = patient.examine(&[]).await;
    seen.alone("problem", "logging", "PraanStrayLogs");
    assert!(seen.text.contains("1 revisions lie in daily_logs_default"), "{}", seen.text);
    fleet.sql("DELETE FROM logging.daily_logs").await;

    let last = fleet.sql("DELETE FROM family.seaql_migrations WHERE version = (SELECT max(version) FROM family.seaql_migrations) RETURNING version").await;
    let seen = patient.examine(&[]).await;
    seen.alone("problem", "family", "praan migrate");
    assert!(seen.text.contains(last.trim()), "{}", seen.text);
    fleet.sql(&format!("INSERT INTO family.seaql_migrations VALUES ('{}', 0)", last.trim())).await;

    let primary = fleet.environment.get("PRAAN_DATABASE_URL").to_owned();
    let seen = patient.examine(&[("PRAAN_DATABASE_REPLICA_URLS", &primary)]).await;
    seen.alone("problem", "replica 1", "name a streaming replica");
    fleet.sql("CREATE ROLE visitor LOGIN").await;
    let visitor = primary.replace("postgres@", "visitor@");
    let seen = patient.examine(&[("PRAAN_DATABASE_DIRECT_URL", &visitor)]).await;
    seen.alone("problem", "postgres", "connect as their owner");
    let nowhere = primary.rsplit_once('/').expect("a path").0.to_owned() + "/nowhere";
    let seen = patient.examine(&[("PRAAN_FAMILY_DATABASE_URL", &nowhere)]).await;
    seen.alone("problem", "postgres family", "database of the URL are right");

    let pooler = PgBouncer::start(fleet.postgres(), PoolMode::Transaction).await;
    let pooled = pooler.url("postgres", primary.rsplit('/').next().expect("a name"));
    let seen =
        patient.examine(&[("PRAAN_DATABASE_URL", &pooled), ("PRAAN_DATABASE_DIRECT_URL", &primary)]).await;
    seen.also("problem", "postgres", "the pooler cannot serve", "see above");
    assert!(seen.text.contains("PgBouncer of 1.21 or newer"), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_redis_s3_and_queues_is_named() {
    let patient = Patient::fresh().await;
    let redis = patient.fleet.redis();
    redis.say("CONFIG SET maxmemory-policy allkeys-lru").await;
    patient.examine(&[]).await.also("warning", "redis", "allkeys-lru", "volatile-lru");
    redis.say("CONFIG SET maxmemory-policy volatile-lru").await;

    patient.examine(&[("PRAAN_S3_BUCKET", "another")]).await.alone(
        "problem",
        "s3",
        "see that the bucket is there",
    );
    let wrong = patient.examine(&[("AWS_SECRET_ACCESS_KEY", "hunter2")]).await;
    wrong.alone("problem", "s3", "keys are right");
    assert!(!wrong.text.contains("hunter2"), "{}", wrong.text);
    let open = patient::open_to_all().await;
    patient.examine(&[("PRAAN_S3_PUBLIC_ENDPOINT", &open)]).await.alone(
        "problem",
        "s3",
        "block all public access",
    );

    patient.bury("logging.image-read").await;
    // a broker that cannot count a quorum queue within 250 ms says that it is empty
    let mut seen = patient.examine(&[]).await;
    for _ in 0..10 {
        if seen.text.contains("1 dead letters") {
            break;
        }
        seen = patient.examine(&[]).await;
    }
    seen.also("warning", "rabbitmq", "1 dead letters", "praan job redrive");
    patient.declare_classic("adherence.program-changed").await;
    patient.examine(&[]).await.alone("problem", "rabbitmq", "which makes it anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_files_is_named() {
    let patient = Patient::fresh().await;
    let folder = patient.fleet.folder();
    let audit_key = patient.fleet.environment.get("PRAAN_AUDIT_KEY_FILE").to_owned();
    std::fs::set_permissions(&audit_key, std::fs::Permissions::from_mode(0o644)).unwrap();
    patient.examine(&[]).await.also("warning", "audit key", "mode 0644", "chmod 0600");
    std::fs::set_permissions(&audit_key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let short = folder.join("short");
    std::fs::write(&short, "c2hvcnQ=").unwrap();
    let short = short.display().to_string();
    patient.examine(&[("PRAAN_AUDIT_KEY_FILE", &short)]).await.alone(
        "problem",
        "audit key",
        "restore the file",
    );

    let now = chassis::clock::Clock::system().now().year();
    for (years, level, remedy) in [(-1, "problem", "renew it"), (2, "ok", "")] {
        let (certificate, key) = patient.certificate(now + years);
        let files = [("PRAAN_EDGE_TLS_CERT_FILE", certificate.as_str()), ("PRAAN_EDGE_TLS_KEY_FILE", &key)];
        let seen = patient.examine(&files).await;
        match level {
            "problem" => seen.alone(level, "edge TLS", remedy),
            _ => assert!(seen.well && seen.text.contains("ok       edge TLS"), "{}", seen.text),
        }
    }
    let providers = folder.join("providers.json");
    std::fs::write(&providers, r#"[{"name": "x", "issuer": "http://id.example.org", "client_ids": ["a"]}]"#)
        .unwrap();
    let providers = providers.display().to_string();
    patient.examine(&[("PRAAN_OIDC_PROVIDERS_FILE", &providers)]).await.alone(
        "problem",
        "OIDC providers",
        "mend what",
    );
    patient.examine(&[("PRAAN_REQUIRE_TLS", "on")]).await.alone("problem", "servers", "refuses to start");
}
