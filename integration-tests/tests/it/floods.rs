//! Strangers who flood the door keep nobody from being served, and do not make it grow.

use futures_util::future::join_all;
use integration_tests::Api;
use integration_tests::floods::Flood;
use integration_tests::process::{Environment, Process};
use serde_json::json;

const CLIENTS: usize = 4;
/// How often each client logs and looks during one flood, at the least.
const ROUNDS: usize = 15;
/// How much more memory the door may have taken, in KiB. What is in the tests is built without optimisation.
const MOST_GROWTH: u64 = 160 * 1024;

/// Logs, and looks at what it did to the day.
async fn live(api: &Api, program: i64) {
    let payload = json!({"systolic": 128, "diastolic": 79});
    let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": payload});
    api.post("/api/v1/logs", log).await.expect(201);
    api.get(&format!("/api/v1/programs/{program}/dashboard")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_flood_keeps_a_client_from_being_served() {
    praan::descriptors::raise();
    let folder = tempfile::tempdir().unwrap();
    let mut environment = Environment::default();
    environment.set("PRAAN_LOG", "error");
    let process = Process::up_with(folder.path(), &environment).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let api = Api::sign_up(&process.url).await;
        let program = api.start_program(api.add_member().await).await;
        live(&api, program).await;
        clients.push((api, program));
    }
    let calm = process.memory();
    for (flood, connections) in Flood::ALL {
        let attack = flood.begin(&process.url, connections);
        let serve = clients.iter().map(async |(api, program)| {
            let mut rounds = 0;
            // until all strangers are in, and the door has shown some of them out
            while rounds < ROUNDS || attack.most_open() < connections || attack.ended() == 0 {
                live(api, *program).await;
                rounds += 1;
            }
            rounds
        });
        let rounds: usize = join_all(serve).await.into_iter().sum();
        let memory = process.memory();
        println!(
            "{flood:?}: {connections} connections, {} ended by the door, {} MB sent; {} requests answered; {} MiB in calm, {} now",
            attack.ended(),
            attack.bytes() / 1_000_000,
            rounds * 2,
            calm / 1024,
            memory / 1024,
        );
        assert!(memory < calm + MOST_GROWTH, "{flood:?}: {calm} KiB in calm, {memory} under the flood");
    }
    assert!(process.terminate().await);
}
