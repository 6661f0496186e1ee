//! Whoever dies amid an import leaves nothing to be seen.

use std::collections::BTreeSet;
use std::time::Duration;

use integration_tests::api::{Api, id};
use integration_tests::process::Process;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use uuid::Uuid;

use super::IMPORT;
use super::record::{assert_alike, export, record, same};

/// How often the process is killed.
const KILLS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_process_is_killed_is_whole_or_not_there_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut mesh = Process::up(folder.path()).await;
    let asha = Api::sign_up(&mesh.url).await;
    let original = record(&asha).await;
    let left = export(&asha, original).await;
    let members = async || -> BTreeSet<i64> {
        let page = asha.get("/api/v1/members?limit=100").await.expect(200);
        page["data"].as_array().expect("members").iter().map(id).collect()
    };
    let (mut known, mut answered, mut seen) = (BTreeSet::from([original]), 0, 0);
    for _ in 0..KILLS {
        let request = Uuid::new_v4();
        let moment = Duration::from_millis(random.random_range(0..120));
        let kill = async {
            tokio::time::sleep(moment).await;
            mesh.kill().await;
        };
        let (answer, ()) =
            tokio::join!(asha.try_send(Method::POST, IMPORT, Some(left.clone()), Some(request)), kill);
        mesh.restart().await;
        answered += usize::from(answer.is_ok_and(|answer| answer.status == 201));
        let shown = members().await;
        for member in shown.difference(&known) {
            assert_alike(&same(&export(&asha, *member).await), &same(&left), "");
            seen += 1;
        }
        let member = id(&asha.post_as(request, IMPORT, left.clone()).await.expect(201));
        assert_alike(&same(&export(&asha, member).await), &same(&left), "");
        assert!(shown.is_subset(&known) || shown.contains(&member), "another member than was seen");
        known.insert(member);
        assert_eq!(members().await, known);
    }
    println!("{KILLS} kills: {answered} imports were answered, {seen} were there, and all are in the end");
}
