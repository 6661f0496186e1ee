//! What is said wrongly over REST: the wrong thing in every place of every body, in paths, queries and headers, and what is no
//! JSON at all.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::birds::Birds;
use super::life::{self, Family};

/// Makes every mistake, and returns the bodies of all that was refused, a line for each.
pub async fn make(family: &Family, birds: &Birds) -> Vec<String> {
    let http = reqwest::Client::new();
    let url = &family.api.url;
    let token = family.api.token.clone().expect("a token");
    let mut requests = Vec::new();
    for (method, path, body) in bodies(family, birds) {
        for body in spoiled(birds, &body) {
            let request = http.request(method.clone(), format!("{url}{path}")).json(&body);
            requests.push(request.bearer_auth(&token));
        }
    }
    requests.extend(no_json(family, birds).into_iter().map(|body| {
        let request = http.post(format!("{url}/api/v1/logs")).header("content-type", "application/json");
        request.bearer_auth(&token).body(body)
    }));
    requests
        .extend(paths(birds).into_iter().map(|path| http.get(format!("{url}{path}")).bearer_auth(&token)));
    requests.extend(headers(birds).into_iter().map(|(name, value)| {
        http.get(format!("{url}/api/v1/users/me")).bearer_auth(&token).header(name, value)
    }));
    requests.extend(strangers(&http, url, birds));
    let sent = requests.len();
    let mut refusals = Vec::new();
    for request in requests {
        refusals.extend(refusal(request).await);
    }
    println!("{sent} mistakes, {} refusals", refusals.len());
    assert!(sent > 300 && refusals.len() > 250, "{sent} sent, {} refused", refusals.len());
    refusals
}

/// What would be well said, and in it, once each, what is not.
fn spoiled(birds: &Birds, good: &Value) -> Vec<Value> {
    let mut places = vec![String::new()];
    find(good, &mut String::new(), &mut places);
    let mut spoiled = Vec::new();
    for place in places {
        let unknown = |within: &Value| {
            let mut within = within.clone();
            within[birds.name()] = json!(birds.text());
            within
        };
        let here = good.pointer(&place).expect("the place was found");
        let mut wrong = vec![
            json!(birds.text()),
            json!(birds.whole()),
            json!([birds.text()]),
            json!({birds.name(): birds.text()}),
        ];
        wrong.extend(here.is_object().then(|| unknown(here)));
        wrong.extend(here.is_string().then(|| json!(format!("{}\u{0}", birds.text()))));
        wrong.extend(here.is_number().then(|| json!(birds.amount(800_000))));
        for value in wrong {
            let mut body = good.clone();
            *body.pointer_mut(&place).expect("the place was found") = value;
            spoiled.push(body);
        }
    }
    spoiled
}

/// The places within a value.
fn find(value: &Value, path: &mut String, places: &mut Vec<String>) {
    let within: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in within {
        let length = path.len();
        path.push('/');
        path.push_str(&name);
        places.push(path.clone());
        find(value, path, places);
        path.truncate(length);
    }
}

/// A body for every route that takes one.
fn bodies(family: &Family, birds: &Birds) -> Vec<(Method, String, Value)> {
    let Family { member, program, log, .. } = family;
    let post = |path: &str, body: Value| (Method::POST, path.to_owned(), body);
    let account = json!({"email": birds.email(), "password": birds.text(), "full_name": birds.text()});
    let mut bodies = vec![
        post("/api/v1/auth/register", account),
        post("/api/v1/auth/login", json!({"email": birds.email(), "password": birds.text()})),
        post("/api/v1/auth/refresh", json!({"refresh_token": birds.text()})),
        (Method::PATCH, "/api/v1/users/me".to_owned(), json!({"full_name": birds.text()})),
        post("/api/v1/family/managers", json!({"email": birds.email()})),
        post("/api/v1/members", life::member(birds)),
        (Method::PATCH, format!("/api/v1/members/{member}"), life::member(birds)),
        post(
            &format!("/api/v1/members/{member}/grants"),
            json!({"email": birds.email(), "role": "DOCTOR", "log_types": ["CHECKIN"],
                "not_before": "2026-01-01T00:00:00Z", "not_after": "2199-01-01T00:00:00Z"}),
        ),
        post(
            "/api/v1/programs",
            json!({"member_id": member, "title": birds.text(), "start_date": "2026-11-01", "config": life::config(birds)}),
        ),
        (Method::PATCH, format!("/api/v1/programs/{program}"), json!({"title": birds.text()})),
        (Method::PUT, format!("/api/v1/programs/{program}/config"), life::config(birds)),
        post(
            "/api/v1/uploads",
            json!({"program_id": program, "content_type": "image/jpeg", "content_length": 1000}),
        ),
        post(
            "/api/v1/logs",
            json!({"program_id": program, "log_type": "NUTRITION", "image_key": birds.text(),
                "timestamp": "2026-11-20T08:00:00Z"}),
        ),
    ];
    for (log_type, payload) in life::payloads(birds) {
        let said = json!({"program_id": program, "log_type": log_type, "payload": payload});
        bodies.push(post("/api/v1/logs", said));
        let said = json!({"log_type": log_type, "payload": payload});
        bodies.push(post(&format!("/api/v1/logs/{log}/amend"), said));
    }
    bodies
}

fn no_json(family: &Family, birds: &Birds) -> Vec<String> {
    let program = family.program;
    let (text, amount) = (birds.text(), birds.amount(7));
    vec![
        text.clone(),
        format!("\"{text}\""),
        format!("{{\"program_id\":{program},\"log_type\":\"{text}"),
        format!("{{\"program_id\":{program},\"log_type\":{text}}}"),
        format!("{{\"program_id\":{program},\"program_id\":\"{text}\"}}"),
        format!("{{\"program_id\":{amount}e5,\"payload\":{amount}.{amount}}}"),
        format!(
            "{{\"program_id\":{program},\"log_type\":\"NUTRITION\",\"payload\":{{\"calories\":{amount}e400}}}}"
        ),
        format!("{{\"\\ud800{text}\":1}}"),
        format!("[{{\"{}\":\"{text}\"}}]", birds.name()),
    ]
}

fn paths(birds: &Birds) -> Vec<String> {
    let mut paths = Vec::new();
    for collection in ["members", "programs", "logs"] {
        paths.push(format!("/api/v1/{collection}/{}", birds.text()));
        paths.push(format!("/api/v1/{collection}/{}", birds.whole()));
    }
    for query in ["member_id", "cursor", "limit"] {
        paths.push(format!("/api/v1/programs?{query}={}", birds.text()));
    }
    paths.push(format!("/api/v1/programs?{}={}", birds.name(), birds.text()));
    paths.push(format!("/api/v1/members?cursor={}", birds.text()));
    paths.push(format!("/api/v1/{}", birds.text()));
    paths.push(format!("/{}?{}", birds.text(), birds.text()));
    paths.push(format!("/api/v1/programs/{}/history?log_type={}", birds.whole(), birds.text()));
    paths.push(format!("/api/v1/programs/{}/adherence?from={}", birds.whole(), birds.text()));
    paths
}

fn headers(birds: &Birds) -> Vec<(&'static str, String)> {
    let names =
        ["x-request-id", "user-agent", "baggage", "traceparent", "cookie", "referer", "x-forwarded-for"];
    let mut headers: Vec<_> = names.into_iter().map(|name| (name, birds.text())).collect();
    headers.push(("x-praan-client-address", birds.text()));
    headers.push(("last-event-id", birds.text()));
    headers.push(("accept-language", birds.text()));
    headers
}

/// What comes from somebody without an account, or who pretends to have one.
fn strangers(http: &reqwest::Client, url: &str, birds: &Birds) -> Vec<RequestBuilder> {
    let me = || http.get(format!("{url}/api/v1/users/me"));
    let traced = me()
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .header("tracestate", format!("praan={}", birds.text()));
    let login = json!({"email": birds.email(), "password": birds.text()});
    vec![
        me().bearer_auth(birds.text()),
        me().bearer_auth(format!("eyJhbGciOiJFZERTQSJ9.{}.{}", birds.text(), birds.text())),
        me().basic_auth(birds.text(), Some(birds.text())),
        me().header("authorization", birds.text()),
        traced,
        http.post(format!("{url}/api/v1/auth/login")).json(&login),
    ]
}

/// Sends; what was refused comes back as one line.
async fn refusal(request: RequestBuilder) -> Option<String> {
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    assert!(status.as_u16() != 500, "a mistake of the client is its own");
    let headers = format!("{:?}", answer.headers());
    let body = answer.text().await.expect("a body").replace('\n', " ");
    (status.as_u16() >= 400).then(|| format!("{status} {body} {headers}"))
}
