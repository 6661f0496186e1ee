//! One client, its program, and a ledger of what it was promised.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use integration_tests::api::{Api, id};
use integration_tests::{model, photo};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::tally::Tally;

/// How long everything may take to be drained once the part is well again.
pub const DRAINED: Duration = Duration::from_secs(60);
/// How often an operation is sent before the client goes on to the next.
const TRIES: usize = 4;
/// A 503 says to come back in a second; so a client does, if a little early.
const PAUSE: Duration = Duration::from_millis(300);

/// A client.
pub struct Client {
    api: Api,
    program: i64,
    day: String,
    ledger: Vec<Entry>,
    pub tally: Tally,
    /// What it waits for while things settle.
    pub doing: String,
}

/// A log that was asked for, and its id once it was acknowledged.
struct Entry {
    request_id: Uuid,
    log: Value,
    id: Option<i64>,
}

impl Client {
    pub async fn new(url: &str) -> Self {
        let api = Api::sign_up(url).await;
        let program = api.start_program(api.add_member().await).await;
        let day = api.get(&format!("/api/v1/programs/{program}")).await.expect(200)["start_date"].clone();
        let day = day.as_str().expect("a day").to_owned();
        Self { api, program, day, ledger: Vec::new(), tally: Tally::default(), doing: String::new() }
    }

    /// Logs of all kinds, photos, and reads, until told to stop.
    pub async fn work(&mut self, stop: &AtomicBool) {
        for turn in 0_u32.. {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            if turn % 8 == 1 {
                self.log_photo(turn).await;
            } else {
                self.log(typed(self.program, turn)).await;
            }
            self.read("dashboard").await;
            self.read("history?limit=20").await;
        }
    }

    async fn log(&mut self, log: Value) {
        let request_id = Uuid::new_v4();
        let answer = self.operation(Method::POST, "/api/v1/logs", Some(&log), Some(request_id)).await;
        self.ledger.push(Entry { request_id, log, id: answer.map(|answer| id(&answer)) });
    }

    /// Uploads a photo and logs it. What was not uploaded is not logged, and so nothing was promised.
    async fn log_photo(&mut self, seed: u32) {
        let (program_id, photo) = (self.program, photo::jpeg(seed));
        let wish =
            json!({"program_id": program_id, "content_type": "image/jpeg", "content_length": photo.len()});
        let answer = self.operation(Method::POST, "/api/v1/uploads", Some(&wish), Some(Uuid::new_v4())).await;
        let Some(upload) = answer else { return };
        for _ in 0..TRIES {
            if self.api.upload(&upload, photo.clone()).await.is_ok_and(|status| status.is_success()) {
                let key = &upload["image_key"];
                self.log(json!({"program_id": program_id, "log_type": "NUTRITION", "image_key": key})).await;
                return;
            }
            sleep(PAUSE).await;
        }
    }

    async fn read(&mut self, what: &str) {
        let path = format!("/api/v1/programs/{}/{what}", self.program);
        self.operation(Method::GET, &path, None, None).await;
    }

    /// Sends the same request, under the same key, until it is answered well or the client goes on.
    async fn operation(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<Uuid>,
    ) -> Option<Value> {
        self.tally.operations += 1;
        for _ in 0..TRIES {
            let answer = self.ask(method.clone(), path, body, key).await;
            if answer.is_some() {
                self.tally.well += 1;
                return answer;
            }
            if method == Method::GET {
                self.tally.failed_reads += 1;
            }
            sleep(PAUSE).await;
        }
        None
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<Uuid>,
    ) -> Option<Value> {
        let answer = self.api.try_send(method, path, body.cloned(), key).await;
        let class = match &answer {
            Ok(answer) if answer.status < 300 => "2xx".to_owned(),
            Ok(answer) => answer.status.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        self.doing = format!("{path} {class}");
        *self.tally.answers.entry(class).or_default() += 1;
        let answer = answer.ok()?;
        // of the client's own faults only one may be told: that the same request is still under way
        let blamed = (400..500).contains(&answer.status) && answer.status != 409;
        assert!(!blamed, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        (answer.status < 300).then(|| answer.json())
    }

    /// Asks again for what was not acknowledged, until it is; then holds the history against the ledger, and waits until every
    /// photo has ended and the score is what the logs say.
    pub async fn settle(&mut self) {
        for place in 0..self.ledger.len() {
            while self.ledger[place].id.is_none() {
                let (key, log) = (self.ledger[place].request_id, self.ledger[place].log.clone());
                let answer = self.ask(Method::POST, "/api/v1/logs", Some(&log), Some(key)).await;
                self.ledger[place].id = answer.map(|answer| id(&answer));
                if self.ledger[place].id.is_none() {
                    sleep(PAUSE).await;
                }
            }
        }
        let mut history = self.api.whole_history(self.program).await;
        let mut kept: Vec<i64> = history.iter().map(id).collect();
        let mut promised: Vec<i64> = self.ledger.iter().filter_map(|entry| entry.id).collect();
        kept.sort_unstable();
        promised.sort_unstable();
        assert_eq!(kept, promised, "lost or doubled");
        self.doing = "a photo to end".to_owned();
        while history.iter().any(|log| log["status"] == "PROCESSING") {
            sleep(PAUSE).await;
            history = self.api.whole_history(self.program).await;
        }
        let fine = |log: &&Value| {
            log["status"] == "VERIFIED" || (log["status"] == "COMPLETED" && log["revision"] == 2)
        };
        let odd = history.iter().find(|log| !fine(log));
        assert_eq!(odd, None, "a good photo is completed, and once");
        self.doing = "the score to be what the logs say".to_owned();
        while self.api.total_on(self.program, &self.day).await != model::first_day_total(&history) {
            sleep(PAUSE).await;
        }
    }
}

fn typed(program_id: i64, turn: u32) -> Value {
    let set = json!({"reps": 10});
    let (log_type, payload) = match turn % 3 {
        0 => ("NUTRITION", json!({"macros": {"protein_g": 0.1}})),
        1 => ("WORKOUT", json!({"exercises": [{"name": "sit to stand", "sets": [set, set, set]}]})),
        _ => ("CHECKIN", json!({"systolic": 128, "diastolic": 79})),
    };
    json!({"program_id": program_id, "log_type": log_type, "payload": payload})
}
