//! Guessing: a thousand at once, through three processes of identity on one PostgreSQL; and one address that tries many accounts.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Instant;

use futures_util::future::join_all;
use integration_tests::process::{Environment, Process};
use integration_tests::{Api, House};
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::identity::v1::{GetJwksRequest, LoginRequest, RegisterRequest};
use serde_json::json;
use servers::Postgres;
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_guesses_through_three_processes_five_are_looked_at() {
    let postgres = Postgres::start().await;
    let database = postgres.database().await;
    let mut environment = Environment::default();
    environment.set("PRAAN_DATABASE_URL", postgres.url("postgres", &database));
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, format!("{}=", "A".repeat(43))).expect("a file");
    environment.set("PRAAN_KEY_ENCRYPTION_KEY_FILE", key.display().to_string());
    // started together, they make one signing key
    let start = |_| Process::serve_with(folder.path(), "identity", &environment);
    let processes = join_all((0..3).map(start)).await;
    let mut clients = Vec::new();
    for process in &processes {
        clients.push(IdentityServiceClient::connect(process.url.clone()).await.expect("its door is open"));
    }
    for client in &mut clients {
        let keys = client.get_jwks(GetJwksRequest {}).await.expect("keys").into_inner().keys;
        assert_eq!(keys.len(), 1);
    }
    let account = RegisterRequest {
        email: "asha@example.org".into(),
        password: "correct horse battery".into(),
        full_name: "Asha".into(),
    };
    clients[0].register(account).await.expect("an account");
    for email in ["asha@example.org", "nobody@example.org"] {
        let guess = |n: usize| {
            let mut client = clients[n % clients.len()].clone();
            let guess =
                LoginRequest { email: email.to_owned(), password: format!("guess {n}"), restore: false };
            async move { client.login(guess).await.map(drop).map_err(|status| status.code()) }
        };
        let mut counts = BTreeMap::new();
        for answer in join_all((0..1000).map(guess)).await {
            *counts.entry(format!("{answer:?}")).or_insert(0) += 1;
        }
        println!("{email}: {counts:?}");
        let of = |code: Code| counts.get(&format!("{:?}", Err::<(), _>(code))).copied().unwrap_or(0);
        // a house that is full sends guesses away unseen; those that were looked at are answered with 401
        assert!((1..=5).contains(&of(Code::Unauthenticated)), "{counts:?}");
        let known = of(Code::Unauthenticated) + of(Code::ResourceExhausted) + of(Code::Unavailable);
        assert_eq!(known, 1000, "{counts:?}");
    }
}

crate::stories::stories!(a_thousand_guesses);

async fn a_thousand_guesses(house: &House) {
    let asha = house.sign_up().await;
    // one address may have a hundred connections
    let crowd: Vec<Api> = (1..=20)
        .map(|host| Api::nobody(&house.url).from_address(Ipv4Addr::new(127, 8, 0, host).into()))
        .collect();
    let stranger = format!("{}@example.org", uuid::Uuid::new_v4().simple());
    for email in [&asha.email, &stranger] {
        let guess = |n: usize| {
            let nobody = crowd[n % crowd.len()].clone();
            let guess = json!({"email": email, "password": format!("guess {n}")});
            async move { nobody.post("/api/v1/auth/login", guess).await.status }
        };
        let mut counts = BTreeMap::new();
        for status in join_all((0..1000).map(guess)).await {
            *counts.entry(status).or_insert(0) += 1;
        }
        println!("{email}: {counts:?}");
        let of = |status: u16| counts.get(&status).copied().unwrap_or(0);
        // a house that is full sends guesses away unseen; those that were looked at are answered with 401
        assert!((1..=5).contains(&of(401)), "{counts:?}");
        assert_eq!(of(401) + of(429) + of(503), 1000, "{counts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_bounded_number_of_tries_however_many_accounts_it_tries_them_at() {
    let house = House::with(|edge, _| edge.rate_limits = praan::options::Switch::On).await;
    // somebody's own token is no way around it
    let mallory = house.sign_up().await;
    let begin = Instant::now();
    let guess = |n: usize| {
        let who = if n.is_multiple_of(2) { mallory.clone() } else { Api::nobody(&house.url) };
        let guess = json!({"email": format!("{n}@example.org"), "password": "a guess"});
        async move { who.post("/api/v1/auth/login", guess).await }
    };
    let answers = join_all((0..90).map(guess)).await;
    let (refused, admitted): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 429);
    // thirty, and one more for every two seconds that it took
    let most = 31 + begin.elapsed().as_secs() as usize / 2;
    assert!(admitted.len() <= most, "{} of at most {most}", admitted.len());
    assert!(refused.iter().all(|answer| !answer.header("retry-after").is_empty()));
    assert!(admitted.iter().all(|answer| matches!(answer.status, 401 | 503)));
    mallory.get("/api/v1/users/me").await.expect(200);
}
