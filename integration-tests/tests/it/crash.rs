//! The process is killed at fifty random moments of the photo flow. What was acknowledged is there afterwards, once; every
//! photo ends; and the score is what the logs say.

use std::collections::BTreeSet;
use std::time::Duration;

use integration_tests::api::{Api, id};
use integration_tests::process::Process;
use integration_tests::{model, photo};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const KILLS: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);

    let mut mesh = Process::up(folder.path()).await;
    let asha = Api::sign_up(&mesh.url).await;
    let program = asha.start_program(asha.add_member().await).await;
    let day = asha.get(&format!("/api/v1/programs/{program}")).await.expect(200)["start_date"].clone();
    let mut flows: Vec<Flow> = Vec::new();
    for round in 0..KILLS {
        flows.push(Flow::new(program, round));
        let moment = Duration::from_millis(random.random_range(0..250));
        let kill = async {
            tokio::time::sleep(moment).await;
            mesh.kill().await;
        };
        // requests in flight at that moment end in an error, which is the point; they go on in the next round
        let (_interrupted, ()) = tokio::join!(run_all(&mut flows, &asha), kill);
        mesh.restart().await;
    }
    run_all(&mut flows, &asha).await.expect("an unharmed mesh answers");

    let acknowledged: BTreeSet<i64> = flows.iter().map(|flow| flow.log.expect("all are through")).collect();
    let history = all_ended(&asha, program).await;
    let kept: Vec<i64> = history.iter().map(id).collect();
    assert_eq!(
        kept.iter().copied().collect::<BTreeSet<_>>(),
        acknowledged,
        "lost, or there without being asked for"
    );
    assert_eq!(kept.len(), KILLS as usize, "doubled");
    assert!(history.iter().all(|log| log["status"] == "COMPLETED"), "every photo was a good one");
    let total =
        settled_total(&asha, program, day.as_str().expect("a day"), model::first_day_total(&history)).await;
    assert_eq!(total, model::first_day_total(&history));
    assert!(mesh.terminate().await, "SIGTERM ends it well");
}

/// One photo on its way, as far as its client knows.
struct Flow {
    photo: Vec<u8>,
    program: i64,
    request_id: Uuid,
    /// The key of an upload that is done.
    uploaded: Option<Value>,
    /// The acknowledged log.
    log: Option<i64>,
}

impl Flow {
    fn new(program: i64, seed: u32) -> Self {
        Self { photo: photo::jpeg(seed), program, request_id: Uuid::new_v4(), uploaded: None, log: None }
    }

    /// Goes on where it was; what had no answer is done again, the log under the same request id.
    async fn go_on(&mut self, asha: &Api) -> Result<(), reqwest::Error> {
        if self.uploaded.is_none() {
            let wish = json!({"program_id": self.program, "content_type": "image/jpeg", "content_length": self.photo.len()});
            let upload = asha.try_send(Method::POST, "/api/v1/uploads", Some(wish), None).await?.expect(201);
            assert!(asha.upload(&upload, self.photo.clone()).await?.is_success());
            self.uploaded = Some(upload["image_key"].clone());
        }
        if self.log.is_none() {
            let log =
                json!({"program_id": self.program, "log_type": "NUTRITION", "image_key": self.uploaded});
            let answer =
                asha.try_send(Method::POST, "/api/v1/logs", Some(log), Some(self.request_id)).await?;
            self.log = Some(id(&answer.expect(202)));
        }
        Ok(())
    }
}

async fn run_all(flows: &mut [Flow], asha: &Api) -> Result<(), reqwest::Error> {
    for flow in flows {
        flow.go_on(asha).await?;
    }
    Ok(())
}

async fn all_ended(asha: &Api, program: i64) -> Vec<Value> {
    let ended = async {
        loop {
            let history = asha.whole_history(program).await;
            if history.iter().all(|log| log["status"] != "PROCESSING") {
                return history;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("every photo job ends")
}

/// The total once it is `wanted`, or what it stays at: the last photo's part may still be on its way.
async fn settled_total(asha: &Api, program: i64, day: &str, wanted: i64) -> i64 {
    for _ in 0..100 {
        if asha.total_on(program, day).await == wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    asha.total_on(program, day).await
}
