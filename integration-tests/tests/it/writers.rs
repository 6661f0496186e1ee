//! Many write at once, in any order and more than once: nothing is lost, nothing counts twice, and the score is what the logs say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use integration_tests::api::{Api, id};
use integration_tests::{House, model};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

crate::stories::stories!(sixteen_writers_lose_nothing_and_double_nothing,);

const WRITERS: usize = 16;
const LOGS: usize = 1_000;
const DUPLICATES: usize = LOGS / 5;

async fn sixteen_writers_lose_nothing_and_double_nothing(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let day = asha.get(&format!("/api/v1/programs/{program}")).await.expect(200)["start_date"].clone();
    let now = chassis::clock::Clock::system().now().to_rfc3339();

    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let logs: Vec<(Uuid, Value)> =
        (0..LOGS).map(|_| (Uuid::new_v4(), log(&mut random, program, &now))).collect();
    let mut work = logs.clone();
    for _ in 0..DUPLICATES {
        work.push(logs[random.random_range(0..LOGS)].clone());
    }
    work.shuffle(&mut random);

    let work = Arc::new(Mutex::new(work));
    let answers = Arc::new(Mutex::new(BTreeMap::<Uuid, Vec<Value>>::new()));
    let writers = (0..WRITERS).map(|_| write(asha.clone(), work.clone(), answers.clone()));
    futures_util::future::join_all(writers).await;

    let answers = answers.lock().await;
    assert_eq!(answers.len(), LOGS);
    assert_eq!(answers.values().map(Vec::len).sum::<usize>(), LOGS + DUPLICATES);
    for same in answers.values() {
        assert!(same.iter().all(|answer| *answer == same[0]), "one request, two answers: {same:?}");
    }
    let acknowledged: BTreeSet<i64> = answers.values().map(|same| id(&same[0])).collect();
    let history = asha.whole_history(program).await;
    let kept: BTreeSet<i64> = history.iter().map(id).collect();
    assert_eq!((kept.len(), history.len()), (LOGS, LOGS), "doubled");
    assert_eq!(kept, acknowledged, "lost");
    let total = asha.total_on(program, day.as_str().expect("a day")).await;
    assert_eq!(total, model::first_day_total(&history));
}

async fn write(
    asha: Api,
    work: Arc<Mutex<Vec<(Uuid, Value)>>>,
    answers: Arc<Mutex<BTreeMap<Uuid, Vec<Value>>>>,
) {
    loop {
        let Some((request_id, log)) = work.lock().await.pop() else { return };
        let answer = asha.post_as(request_id, "/api/v1/logs", log.clone()).await;
        match answer.status {
            // its twin is in flight: later, as a client would
            409 => work.lock().await.insert(0, (request_id, log)),
            _ => answers.lock().await.entry(request_id).or_default().push(answer.expect(201)),
        }
    }
}

fn log(random: &mut StdRng, program: i64, now: &str) -> Value {
    let (log_type, payload) = match random.random_range(0..10) {
        // so little protein each that the day never has enough, and every gram shows in the score
        0..6 => {
            ("NUTRITION", json!({"macros": {"protein_g": f64::from(random.random_range(1..90)) / 1000.0}}))
        }
        6..7 => (
            "WORKOUT",
            json!({"exercises": [{"name": "squat", "sets": [{"reps": 8}, {"reps": 8}, {"reps": 8}]}]}),
        ),
        _ => ("CHECKIN", json!({"heart_rate": random.random_range(50..120)})),
    };
    json!({"program_id": program, "log_type": log_type, "payload": payload, "timestamp": now})
}
