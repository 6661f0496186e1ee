//! A REST client as a frontend would write it.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// The password of every account.
pub const PASSWORD: &str = "correct horse battery";

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes of the body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The body, when the status is `status`; otherwise the test ends here, showing both.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// A header as text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A user of the REST API, signed in or not.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    /// Where the mesh is, such as `http://127.0.0.1:8080`.
    pub url: String,
    /// The access token.
    pub token: Option<String>,
    /// The e-mail address of the account.
    pub email: String,
}

impl Api {
    /// Somebody without an account.
    pub fn nobody(url: &str) -> Self {
        let http =
            reqwest::Client::builder().timeout(std::time::Duration::from_secs(30)).build().expect("a client");
        Self { http, url: url.to_owned(), token: None, email: String::new() }
    }

    /// The same user at another of this machine's addresses.
    pub fn from_address(&self, address: std::net::IpAddr) -> Self {
        let http = reqwest::Client::builder().local_address(address).build().expect("a client");
        Self { http, ..self.clone() }
    }

    /// A new account, signed in.
    pub async fn sign_up(url: &str) -> Self {
        let mut api = Self::nobody(url);
        api.email = format!("{}@example.org", Uuid::new_v4().simple());
        let account = json!({"email": api.email, "password": PASSWORD, "full_name": "Asha Rao"});
        let tokens = api.post("/api/v1/auth/register", account).await.expect(201);
        api.holding(&tokens)
    }

    /// The same user in another session, by password; and that session's refresh token.
    pub async fn log_in(&self) -> (Self, String) {
        let login = json!({"email": self.email, "password": PASSWORD});
        let tokens = Self::nobody(&self.url).post("/api/v1/auth/login", login).await.expect(200);
        (self.clone().holding(&tokens), tokens["refresh_token"].as_str().expect("a token").to_owned())
    }

    /// The same with the access token of an answer.
    pub fn holding(mut self, tokens: &Value) -> Self {
        self.token = Some(tokens["access_token"].as_str().expect("a token").to_owned());
        self
    }

    /// Adds a member; returns its id.
    pub async fn add_member(&self) -> i64 {
        let member = json!({"name": "Meera", "birth_date": "1957-04-12", "relation_type": "mother", "time_zone": "Asia/Kolkata"});
        id(&self.post("/api/v1/members", member).await.expect(201))
    }

    /// Starts a program with goals in all three domains; returns its id.
    pub async fn start_program(&self, member_id: i64) -> i64 {
        let program = json!({"member_id": member_id, "title": "Ninety days", "config": goals()});
        id(&self.post("/api/v1/programs", program).await.expect(201))
    }

    /// Uploads a photo and logs it as a meal; returns the log's id.
    pub async fn log_photo(&self, program_id: i64, photo: Vec<u8>) -> i64 {
        let wish =
            json!({"program_id": program_id, "content_type": "image/jpeg", "content_length": photo.len()});
        let upload = self.post("/api/v1/uploads", wish).await.expect(201);
        assert!(self.upload(&upload, photo).await.expect("the store answers").is_success());
        let log =
            json!({"program_id": program_id, "log_type": "NUTRITION", "image_key": upload["image_key"]});
        id(&self.post("/api/v1/logs", log).await.expect(202))
    }

    /// Every log of a program, page by page.
    pub async fn whole_history(&self, program_id: i64) -> Vec<Value> {
        let (mut logs, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self
                .get(&format!("/api/v1/programs/{program_id}/history?limit=100&cursor={cursor}"))
                .await
                .expect(200);
            logs.extend(page["data"].as_array().expect("a list").iter().cloned());
            match page["pagination"]["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return logs,
            }
        }
    }

    /// The total of one day in basis points.
    pub async fn total_on(&self, program_id: i64, day: &str) -> i64 {
        let path = format!("/api/v1/programs/{program_id}/adherence?from={day}&to={day}");
        crate::model::basis_points(&self.get(&path).await.expect(200)["days"][0]["total_score"])
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    /// POST with a request id of its own.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body), None).await
    }

    /// POST with a given request id.
    pub async fn post_as(&self, request_id: Uuid, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body), Some(request_id)).await
    }

    /// Any method.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        request_id: Option<Uuid>,
    ) -> Answer {
        self.try_send(method, path, body, request_id).await.expect("an answer")
    }

    /// Any method, under the condition that what it changes is still of the version that `tag` names.
    pub async fn send_if(&self, method: Method, path: &str, body: Value, tag: Option<&str>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, bytes: answer.bytes().await.expect("its body").to_vec() }
    }

    /// Any method; an error where no answer came, as from a mesh that was killed.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        request_id: Option<Uuid>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(id) = request_id {
            request = request.header("x-request-id", id.to_string());
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, bytes: answer.bytes().await?.to_vec() })
    }

    /// Sends a photo to the object store as the upload says; returns the store's status.
    pub async fn upload(&self, upload: &Value, photo: Vec<u8>) -> Result<StatusCode, reqwest::Error> {
        let mut request = self.http.put(upload["upload_url"].as_str().expect("a URL")).body(photo);
        for (name, value) in upload["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("a value"));
        }
        Ok(request.send().await?.status())
    }
}

/// Goals in all three domains.
pub fn goals() -> Value {
    json!({
        "nutrition_goals": {"targets": [{"nutrient": "protein_g", "kind": "MIN", "value": 60}]},
        "strength_goals": {"sessions_per_week": 3, "sets_per_session": 6},
        "clinical_goals": {"checks": [{"metric": "blood_pressure", "times_per_day": 2}]}
    })
}

/// The id of an answer.
#[track_caller]
pub fn id(answer: &Value) -> i64 {
    answer["id"].as_i64().unwrap_or_else(|| panic!("no id in {answer}"))
}
