//! Any server may die while sixteen clients work. Nothing acknowledged is lost or doubled, nobody is told 500, and soon after the
//! part is back all is drained and the score is what the logs say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use integration_tests::api::{Api, id};
use integration_tests::fleet::{Fleet, Target};
use integration_tests::model;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

const CLIENTS: usize = 16;
/// How long everything may take to be drained once the part is back.
const DRAINED: Duration = Duration::from_secs(60);

/// What a client was told, by class.
type Tally = BTreeMap<String, usize>;

/// One client, its program, and what it was promised.
struct Client {
    api: Api,
    program: i64,
    day: String,
    /// Every log that was asked for, and its id once it was acknowledged.
    ledger: Vec<(Uuid, Value, Option<i64>)>,
    tally: Tally,
}

#[tokio::test(flavor = "multi_thread")]
async fn any_server_may_die() {
    let fleet = Fleet::start().await;
    let mut rows = Vec::new();
    for (target, fault) in Target::all() {
        let row = survive(&fleet, target, fault).await;
        println!("{row}");
        rows.push(row);
    }
    println!("\ntarget × fault: operations, answers by class, seconds until drained\n{}", rows.join("\n"));
}

async fn survive(fleet: &Fleet, target: Target, fault: &'static str) -> String {
    let clients = futures_util::future::join_all((0..CLIENTS).map(|_| Client::new(fleet.url()))).await;
    let stop = Arc::new(AtomicBool::new(false));
    let work = clients.into_iter().map(|client| Arc::new(Mutex::new(client))).collect::<Vec<_>>();
    let busy = futures_util::future::join_all(work.iter().map(|client| go(client.clone(), stop.clone())));
    let harm = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fleet.harm(target, fault).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        fleet.heal(target, fault).await;
        let healed = Instant::now();
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.store(true, Ordering::Relaxed);
        healed
    };
    let (_, healed) = tokio::join!(busy, harm);
    let mut tally = Tally::new();
    for client in &work {
        client.lock().await.settle(healed, &mut tally).await;
    }
    let seconds = healed.elapsed().as_secs_f64();
    let operations: usize = tally.values().sum();
    let good = tally.get("2xx").copied().unwrap_or_default();
    assert_eq!(tally.get("500"), None, "{target:?} {fault}: {tally:?}");
    assert!(good * 2 >= operations, "{target:?} {fault}: {tally:?}");
    format!("{target:?} {fault}: {operations}, {tally:?}, {seconds:.1}")
}

async fn go(client: Arc<Mutex<Client>>, stop: Arc<AtomicBool>) {
    let mut client = client.lock().await;
    while !stop.load(Ordering::Relaxed) {
        client.log().await;
        let read = format!("/api/v1/programs/{}/dashboard", client.program);
        client.ask(Method::GET, &read, None, None).await;
    }
}

impl Client {
    async fn new(url: &str) -> Self {
        let api = Api::sign_up(url).await;
        let program = api.start_program(api.add_member().await).await;
        let day = api.get(&format!("/api/v1/programs/{program}")).await.expect(200)["start_date"].clone();
        let day = day.as_str().expect("a day").to_owned();
        Self { api, program, day, ledger: Vec::new(), tally: Tally::new() }
    }

    /// Asks for one more log, once; what has no answer is asked again when things settle.
    async fn log(&mut self) {
        let payload = json!({"macros": {"protein_g": 0.1}});
        let log = json!({"program_id": self.program, "log_type": "NUTRITION", "payload": payload});
        let request_id = Uuid::new_v4();
        let acknowledged = self.ask(Method::POST, "/api/v1/logs", Some(log.clone()), Some(request_id)).await;
        self.ledger.push((request_id, log, acknowledged.map(|answer| id(&answer))));
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<Uuid>,
    ) -> Option<Value> {
        let answer = self.api.try_send(method, path, body, key).await;
        let class = match &answer {
            Ok(answer) if answer.status < 300 => "2xx".to_owned(),
            Ok(answer) => answer.status.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        *self.tally.entry(class).or_default() += 1;
        if answer.as_ref().is_ok_and(|answer| answer.status == 503) {
            // it says to come back in a second; so a client does, if a little early
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        answer.ok().filter(|answer| answer.status < 300).map(|answer| answer.json())
    }

    /// Asks again for what had no answer, and waits until the score is what the logs say.
    async fn settle(&mut self, healed: Instant, tally: &mut Tally) {
        for (class, count) in std::mem::take(&mut self.tally) {
            *tally.entry(class).or_default() += count;
        }
        for place in 0..self.ledger.len() {
            while self.ledger[place].2.is_none() {
                let (request_id, log, _) = self.ledger[place].clone();
                let answer = self.ask(Method::POST, "/api/v1/logs", Some(log), Some(request_id)).await;
                self.ledger[place].2 = answer.map(|answer| id(&answer));
                assert!(healed.elapsed() < DRAINED, "still refused: {:?}", self.tally);
                if self.ledger[place].2.is_none() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        let history = self.api.whole_history(self.program).await;
        let mut kept: Vec<i64> = history.iter().map(id).collect();
        let mut promised: Vec<i64> = self.ledger.iter().filter_map(|(_, _, log)| *log).collect();
        kept.sort_unstable();
        promised.sort_unstable();
        assert_eq!(kept, promised, "lost or doubled");
        while self.api.total_on(self.program, &self.day).await != model::first_day_total(&history) {
            assert!(healed.elapsed() < DRAINED, "the score is not what the logs say");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
