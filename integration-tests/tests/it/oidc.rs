//! Signing in by an identity provider, a real one.

use integration_tests::api::{Answer, Api, PASSWORD, id};
use integration_tests::provider::Returned;
use integration_tests::{House, Provider};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

crate::stories::stories!(
    with_provider: a_browser_signs_in_by_code_and_comes_back_as_the_same_account,
    a_flow_ends_once_by_its_own_answer_only,
    an_app_signs_in_by_its_id_token,
    an_id_token_opens_one_session,
    a_second_factor_is_asked_for_where_it_is_demanded,
    who_forgot_the_password_comes_back_by_the_provider,
    an_id_token_that_is_not_as_it_should_be_is_refused,
    only_a_verified_address_leads_to_an_account,
    the_one_whose_address_it_is_takes_the_account_over,
);

async fn a_browser_signs_in_by_code_and_comes_back_as_the_same_account(house: &House) {
    for provider in ["here", "public"] {
        let email = address("asha");
        let mut accounts = Vec::new();
        for _ in 0..2 {
            let flow = Begun::at(house, provider).await;
            let returned = house.provider().browse(&flow.authorization_url, &email).await;
            let asha = signed_in(house, &flow.finish(house, &returned).await);
            accounts.push(asha.get("/api/v1/users/me").await.expect(200));
        }
        assert_eq!(accounts[0], accounts[1], "{provider}");
        assert_eq!(accounts[0]["email"], email);
        // that client was sent no more than its scope
        assert_eq!(accounts[0]["full_name"], "Asha Rao");
    }
}

async fn a_flow_ends_once_by_its_own_answer_only(house: &House) {
    let email = address("asha");
    let begin = async || {
        let flow = Begun::at(house, "here").await;
        let returned = house.provider().browse(&flow.authorization_url, &email).await;
        (flow, returned)
    };
    let spoil = |returned: &Returned, name: &str, value: Option<&str>| {
        let mut spoiled = returned.clone();
        spoiled.remove(name);
        spoiled.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        spoiled
    };
    for (name, value) in [
        ("state", Some("of another flow")),
        ("code", Some("invented")),
        // an answer of another provider, or of one that does not say which it is although it promised to (RFC 9207)
        ("iss", Some("https://accounts.google.com")),
        ("iss", None),
    ] {
        let (flow, returned) = begin().await;
        flow.finish(house, &spoil(&returned, name, value)).await.expect(401);
        flow.finish(house, &returned).await.expect(401);
    }
    let (flow, returned) = begin().await;
    flow.finish(house, &returned).await.expect(200);
    flow.finish(house, &returned).await.expect(401);
    // a code that was used, and one that belongs to another flow
    let (next, other) = begin().await;
    next.finish(house, &spoil(&other, "code", Some(&returned["code"]))).await.expect(401);
    let ((one, _), (_, answer)) = (begin().await, begin().await);
    one.finish(house, &answer).await.expect(401);

    let nobody = Api::nobody(&house.url);
    for (provider, redirect_uri, field) in [
        ("elsewhere", house.provider().redirect_uri(), "provider"),
        ("here", "https://mallory.example.org/", "redirect_uri"),
        ("here", "http://127.0.0.1:9/signed-in/", "redirect_uri"),
    ] {
        let start = json!({"provider": provider, "redirect_uri": redirect_uri});
        let refused = nobody.post("/api/v1/auth/oidc/start", start).await.expect(400);
        assert_eq!(refused["errors"][0]["field"], field);
    }
}

async fn an_app_signs_in_by_its_id_token(house: &House) {
    let email = address("asha");
    let mut accounts = Vec::new();
    for change in [json!({}), json!({"aud": ["ios"]}), json!({"azp": "ios"}), json!({"email": null})] {
        let token = house.provider().id_token(&email, change).await;
        let asha = signed_in(house, &sign_in(house, "here", &token).await);
        accounts.push(id(&asha.get("/api/v1/users/me").await.expect(200)));
    }
    assert!(accounts.iter().all(|account| *account == accounts[0]), "{accounts:?}");
    // sixteen at once, the first time: one account
    let ravi = address("ravi");
    let signing_in = (0..16).map(async |_| {
        let token = house.provider().id_token(&ravi, json!({})).await;
        sign_in(house, "here", &token).await
    });
    let answers = futures_util::future::join_all(signing_in).await;
    let mut accounts = Vec::new();
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        accounts.push(id(&signed_in(house, answer).get("/api/v1/users/me").await.expect(200)));
    }
    assert!(!accounts.is_empty() && accounts.iter().all(|account| *account == accounts[0]), "{accounts:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 503)));
}

/// Whoever comes by a token later, with its nonce, has come by nothing.
async fn an_id_token_opens_one_session(house: &House) {
    let token = house.provider().id_token(&address("asha"), json!({})).await;
    let answers = futures_util::future::join_all((0..8).map(|_| sign_in(house, "here", &token))).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(won == 1 && answers.iter().all(|answer| matches!(answer.status, 200 | 401 | 503)), "{won}");
    sign_in(house, "here", &token).await.expect(401);
    // nor does another way to write its signature make it new
    sign_in(house, "here", &format!("{token}=")).await.expect(401);
}

async fn a_second_factor_is_asked_for_where_it_is_demanded(house: &House) {
    let flow = Begun::at(house, "strong").await;
    assert!(flow.authorization_url.contains("acr_values=mfa+phrh"), "{}", flow.authorization_url);
    let email = address("asha");
    for (change, status) in [
        (json!({}), 401),
        (json!({"acr": "pwd"}), 401),
        (json!({"acr": ""}), 401),
        (json!({"acr": "phrh"}), 200),
    ] {
        let token = house.provider().id_token(&email, change).await;
        sign_in(house, "strong", &token).await.expect(status);
    }
}

async fn who_forgot_the_password_comes_back_by_the_provider(house: &House) {
    let before = house.sign_up().await;
    let token = house.provider().id_token(&before.email, json!({})).await;
    let owner = signed_in(house, &sign_in(house, "here", &token).await);
    let change = json!({"new_password": "seventeen quiet pelicans"});
    owner.post("/api/v1/users/me/password", change.clone()).await.expect(204);
    let login = json!({"email": before.email, "password": "seventeen quiet pelicans"});
    let by_password = signed_in(house, &Api::nobody(&house.url).post("/api/v1/auth/login", login).await);
    // a session that a password opened cannot do the same
    let refused = by_password.post("/api/v1/users/me/password", change).await.expect(400);
    assert_eq!(refused["errors"][0]["field"], "current_password");
}

async fn an_id_token_that_is_not_as_it_should_be_is_refused(house: &House) {
    let provider = house.provider();
    let email = address("asha");
    let now = chassis::clock::Clock::system().now().timestamp();
    let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = format!("http://{}/keys", trap.local_addr().expect("an address"));
    let good = provider.id_token(&email, json!({})).await;
    let mut forged = vec![
        ("other audience", provider.id_token(&email, json!({"aud": "other"})).await),
        (
            "one audience too many",
            provider.id_token(&email, json!({"aud": ["web", "other"], "azp": "web"})).await,
        ),
        ("other party", provider.id_token(&email, json!({"azp": "other"})).await),
        ("other issuer", provider.id_token(&email, json!({"iss": "https://accounts.google.com"})).await),
        ("other nonce", provider.id_token(&email, json!({"nonce": "m"})).await),
        ("no nonce", provider.id_token(&email, json!({"nonce": null})).await),
        ("expired", provider.id_token(&email, json!({"iat": now - 300, "exp": now - 61})).await),
        ("of tomorrow", provider.id_token(&email, json!({"iat": now + 86_400, "exp": now + 90_000})).await),
        ("no subject", provider.id_token(&email, json!({"sub": ""})).await),
        ("no end", provider.id_token(&email, json!({"exp": null})).await),
        ("payload changed", with_payload(&good, &provider.id_token(&address("eve"), json!({})).await)),
        ("no signature", format!("{}.", good.rsplit_once('.').expect("three parts").0)),
        ("nothing", "a.b.c".to_owned()),
    ];
    for header in [
        json!({"kid": "unknown"}),
        json!({"kid": there}),
        json!({"kid": "unknown", "jku": there}),
        json!({"kid": "unknown", "x5u": there}),
        json!({"kid": "unknown", "jwk": {"kty": "oct", "k": "AAAA"}}),
    ] {
        forged.push(("key", provider.sign_with(&email, json!({}), header).await));
    }
    for (name, token) in forged {
        let answer = sign_in(house, "here", &token).await;
        assert_eq!(answer.status, 401, "{name}: {}", String::from_utf8_lossy(&answer.bytes));
    }
    // a good one for another provider's name, whose clients are others
    sign_in(house, "public", &good).await.expect(401);
    sign_in(house, "nowhere", &good).await.expect(400);
    sign_in(house, "here", &good).await.expect(200);
    let called = tokio::time::timeout(std::time::Duration::from_millis(100), trap.accept()).await;
    assert!(called.is_err(), "a token made the house call somewhere");
}

async fn only_a_verified_address_leads_to_an_account(house: &House) {
    let known = house.sign_up().await;
    let request_id = Uuid::new_v4();
    let mut answers = Vec::new();
    for email in [known.email.clone(), address("nobody")] {
        let token = house.provider().id_token(&email, json!({"email_verified": false})).await;
        answers.push(sign_in_as(house, "here", &token, request_id).await);
    }
    assert!(answers[0].expect(409)["detail"].as_str().expect("a text").contains("not verified"));
    assert_eq!(answers[0].bytes, answers[1].bytes, "nobody learns which address has an account");
    let token = house.provider().id_token(&address("x"), json!({"email": null})).await;
    assert!(
        sign_in(house, "here", &token).await.expect(409)["detail"]
            .as_str()
            .expect("a text")
            .contains("address")
    );
    // the same from a provider that says so by itself
    for (name, status) in [("unverified", 409), ("nameless", 409), ("text", 200)] {
        let flow = Begun::at(house, "here").await;
        let returned = house.provider().browse(&flow.authorization_url, &address(name)).await;
        flow.finish(house, &returned).await.expect(status);
    }
    known.get("/api/v1/users/me").await.expect(200);
}

async fn the_one_whose_address_it_is_takes_the_account_over(house: &House) {
    let before = house.sign_up().await;
    let mut account = before.get("/api/v1/users/me").await.expect(200);
    assert_eq!(account["email_verified"].take(), false);
    account["email_verified"] = json!(true);
    let token = house.provider().id_token(&before.email, json!({})).await;
    let owner = signed_in(house, &sign_in(house, "here", &token).await);
    assert_eq!(owner.get("/api/v1/users/me").await.expect(200), account);
    // who opened it by password may have been anybody
    let password = json!({"email": before.email, "password": PASSWORD});
    Api::nobody(&house.url).post("/api/v1/auth/login", password).await.expect(401);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    before.get("/api/v1/users/me").await.expect(401);
    // a second time nobody is put out
    let token = house.provider().id_token(&before.email, json!({})).await;
    sign_in(house, "here", &token).await.expect(200);
    owner.get("/api/v1/users/me").await.expect(200);
    // and an account that is deleted stays so
    owner.send(reqwest::Method::DELETE, "/api/v1/users/me", None, None).await.expect(204);
    let token = house.provider().id_token(&before.email, json!({})).await;
    sign_in(house, "here", &token).await.expect(401);
    // until its owner wants it back
    let token = house.provider().id_token(&before.email, json!({})).await;
    let restore = json!({"provider": "here", "id_token": token, "nonce": "n", "restore": true});
    let restored = signed_in(house, &Api::nobody(&house.url).post("/api/v1/auth/oidc", restore).await);
    assert_eq!(restored.get("/api/v1/users/me").await.expect(200), account);
}

/// A flow that has begun.
struct Begun {
    authorization_url: String,
    flow: String,
}

impl Begun {
    async fn at(house: &House, provider: &str) -> Self {
        let start = json!({"provider": provider, "redirect_uri": house.provider().redirect_uri()});
        let begun = Api::nobody(&house.url).post("/api/v1/auth/oidc/start", start).await.expect(200);
        let text = |name: &str| begun[name].as_str().expect("a text").to_owned();
        Self { authorization_url: text("authorization_url"), flow: text("flow") }
    }

    async fn finish(&self, house: &House, returned: &Returned) -> Answer {
        let mut finish = json!({"flow": self.flow});
        for (name, value) in returned {
            finish[name] = json!(value);
        }
        Api::nobody(&house.url).post("/api/v1/auth/oidc/finish", finish).await
    }
}

async fn sign_in(house: &House, provider: &str, token: &str) -> Answer {
    sign_in_as(house, provider, token, Uuid::new_v4()).await
}

async fn sign_in_as(house: &House, provider: &str, token: &str, request_id: Uuid) -> Answer {
    let body = json!({"provider": provider, "id_token": token, "nonce": "n"});
    Api::nobody(&house.url).post_as(request_id, "/api/v1/auth/oidc", body).await
}

#[track_caller]
fn signed_in(house: &House, answer: &Answer) -> Api {
    Api::nobody(&house.url).holding(&answer.expect(200))
}

/// The token with the payload of another.
fn with_payload(token: &str, other: &str) -> String {
    let part = |token: &str, n| token.split('.').nth(n).expect("three parts").to_owned();
    [part(token, 0), part(other, 1), part(token, 2)].join(".")
}

fn address(name: &str) -> String {
    format!("{name}-{}@example.org", Uuid::new_v4().simple())
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_can_be_switched_off_where_people_sign_in_otherwise() {
    let provider = Provider::start().await;
    let file = provider.file();
    let house = House::with(|_, sign_in| {
        sign_in.passwords = praan::options::Switch::Off;
        sign_in.oidc_providers_file = Some(file);
    })
    .await;
    let nobody = Api::nobody(&house.url);
    let account = json!({"email": "asha@example.org", "password": PASSWORD, "full_name": "Asha"});
    let refused = nobody.post("/api/v1/auth/register", account).await.expect(404);
    assert!(refused["detail"].as_str().expect("a text").contains("switched off"));
    let login = json!({"email": "asha@example.org", "password": PASSWORD});
    nobody.post("/api/v1/auth/login", login).await.expect(404);
    let token = provider.id_token("asha@example.org", json!({})).await;
    sign_in(&house, "here", &token).await.expect(200);
}
