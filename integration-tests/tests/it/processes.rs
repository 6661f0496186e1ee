//! The same house in several processes: the rooms reach each other over the wire, and nobody at the door can tell.

use std::process::Stdio;

use integration_tests::process::{Process, binary};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn five_processes_do_the_main_job() {
    let folder = tempfile::tempdir().expect("a folder");
    let identity = Process::serve(folder.path(), "identity").await;
    let at_identity = format!("--identity-url {}", identity.url);
    let family = Process::serve(folder.path(), &format!("family {at_identity}")).await;
    let at_family = format!("--family-url {}", family.url);
    let planning = format!("program adherence {at_identity} {at_family}");
    let planning = Process::serve(folder.path(), &planning).await;
    let at_planning = format!("--program-url {0} --adherence-url {0}", planning.url);
    let logging = Process::serve(
        folder.path(),
        &format!("logging ai-inference inference-worker {at_identity} {at_family} {at_planning}"),
    )
    .await;
    let rest = format!("{at_family} --logging-url {0} --ai-inference-url {0}", logging.url);
    let gateway = Process::serve(folder.path(), &format!("gateway {at_identity} {at_planning} {rest}")).await;

    praan::demo::run(&gateway.url).await.expect("all steps green");

    // without its services the door stands, and says that they are away
    assert!(planning.terminate().await);
    let asha = integration_tests::Api::nobody(&gateway.url);
    asha.get("/healthz").await.expect(200);
    let away = integration_tests::Api::sign_up(&gateway.url).await.get("/api/v1/programs").await;
    assert!(!away.header("retry-after").is_empty());
    away.expect(503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_option_ends_the_start_before_anything_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let providers = folder.path().join("providers.json").display().to_string();
    let list = r#"[{"name": "x", "issuer": "http://id.example.org", "client_ids": ["a"]}]"#;
    std::fs::write(&providers, list).expect("a file");
    for (arguments, environment, wanted) in [
        (vec!["up", "--listen", "nowhere"], None, vec!["--listen", "nowhere"]),
        (vec!["up", "--rate-limits", "maybe"], None, vec!["--rate-limits", "maybe", "on", "off"]),
        (vec!["up", "--colour", "red"], None, vec!["--colour"]),
        (vec!["up", "--cors-origins", "*"], None, vec!["--cors-origins", "https://app.example.org"]),
        (vec!["serve", "kitchen"], None, vec!["kitchen", "identity", "gateway"]),
        (vec!["serve", "family"], None, vec!["--identity-url"]),
        (
            vec!["up", "--database-url", "postgres://p/d", "--database-replica-urls", "postgres://r/d"],
            None,
            vec!["--redis-url"],
        ),
        (vec!["serve", "inference-worker"], None, vec!["logging", "both or neither", "--amqp-url"]),
        (vec!["up"], Some(("PRAAN_LISTEN", "nowhere")), vec!["--listen", "nowhere"]),
        (vec!["up"], Some(("PRAAN_LISTN", "127.0.0.1:1")), vec!["PRAAN_LISTN"]),
        (vec!["up", "--key-encryption-key-file", "/nonexistent"], None, vec!["/nonexistent"]),
        (vec!["up", "--passwords", "maybe"], None, vec!["--passwords", "on", "off"]),
        (vec!["up", "--oidc-providers-file", "/nonexistent"], None, vec!["/nonexistent"]),
        (vec!["up", "--oidc-providers-file", &providers], None, vec![&providers, "[0].issuer", "https://"]),
        (vec!["up"], Some(("PRAAN_REDIS_URL_FILE", "/nonexistent")), vec!["--redis-url", "/nonexistent"]),
        (
            vec!["audit", "verify"],
            Some(("PRAAN_REDIS_URL_FILE", "/nonexistent")),
            vec!["--redis-url", "/nonexistent"],
        ),
        (vec!["up"], Some(("PRAAN_DATABASE_REPLICA_URLS_FILE", "/dev/null")), vec!["/dev/null", "empty"]),
        (vec!["up"], Some(("PRAAN_LISTEN_FILE", "/dev/null")), vec!["PRAAN_LISTEN_FILE"]),
    ] {
        let mut command = Command::new(binary());
        command.args(&arguments).env("PRAAN_DATA_DIR", &data).envs(environment).stdin(Stdio::null());
        let ended = command.output().await.expect("it runs");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{arguments:?}");
        for word in wanted {
            assert!(said.contains(word), "{arguments:?} {environment:?} said {said}");
        }
        assert!(!data.join("identity.db").exists(), "{arguments:?} opened something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_comes_from_one_place_and_is_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("url");
    std::fs::write(&file, "nonsense://:hunter2@redis\n").expect("a file");
    let start = async |line: &[&str], own: Option<&str>| {
        let mut command = Command::new(binary());
        command
            .args(line)
            .env("PRAAN_DATA_DIR", folder.path().join("data"))
            .env("PRAAN_REDIS_URL_FILE", &file);
        command.envs(own.map(|own| ("PRAAN_REDIS_URL", own))).stdin(Stdio::null());
        let ended = command.output().await.expect("it runs");
        assert!(!ended.status.success(), "{line:?}");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!said.contains("hunter2"), "{said}");
        said
    };
    let listen = ["up", "--listen", "127.0.0.1:0"];
    let both = start(&listen, Some("redis://:hunter2@redis")).await;
    assert!(both.contains("PRAAN_REDIS_URL_FILE") && both.contains("one of the two"), "{both}");
    for line in [vec!["--redis-url", "redis://:hunter2@redis"], vec!["--redis-url=redis://:hunter2@redis"]] {
        assert_eq!(start(&[&listen[..], &line].concat(), None).await, both);
    }
    // it is read, and refused as a URL by whom it is for
    let read = start(&listen, None).await;
    assert!(!read.contains("one of the two") && read.to_lowercase().contains("redis"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_data_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Process::up(folder.path()).await;
    let mut second = Command::new(binary());
    second.args(["up", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path()).stdin(Stdio::null());
    let ended = second.output().await.expect("it runs");
    assert!(!ended.status.success());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("another praan"));
    assert!(first.terminate().await);
    let again = Process::up(folder.path()).await;
    praan::demo::run(&again.url).await.expect("all steps green after a restart");
}
