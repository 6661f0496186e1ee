//! The demo's way to the API: sends a step, prints a line, and stops at the first surprise.

use std::io::Write;
use std::time::Duration;

use chassis::Error;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use super::failed;

/// One request of the demo.
pub struct Step {
    title: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
    expected: u16,
}

impl Step {
    /// A POST that should answer 200.
    pub fn post(title: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self { title, method: Method::POST, path: path.into(), body: Some(body), expected: 200 }
    }

    /// A GET that should answer 200.
    pub fn get(title: &'static str, path: String) -> Self {
        Self { title, method: Method::GET, path, body: None, expected: 200 }
    }

    /// Another status than 200.
    pub fn expect(self, status: u16) -> Self {
        Self { expected: status, ..self }
    }
}

/// A client of the public API.
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
    steps: usize,
}

impl Client {
    /// A client of the mesh at `url`.
    pub fn new(url: &str) -> Result<Self, Error> {
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(15)).build().map_err(Error::internal)?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), token: None, steps: 0 })
    }

    /// Takes the access token of a sign-up.
    pub fn sign_in(&mut self, tokens: &Value) -> Result<(), Error> {
        let token =
            tokens["access_token"].as_str().ok_or_else(|| failed("sign up", "no access token".into()))?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// Writes a line for the person who watches.
    pub fn say(&self, line: &str) {
        // a closed pipe is no reason to stop the demo
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Sends a step and tells what came of it.
    pub async fn run(&mut self, step: Step, tell: impl Fn(&Value) -> String) -> Result<Value, Error> {
        let (status, answer) =
            self.send(step.method.clone(), &step.path, step.body.as_ref(), step.title).await?;
        if status.as_u16() != step.expected {
            return Err(failed(
                step.title,
                format!("answered {status} in place of {}: {answer}", step.expected),
            ));
        }
        self.report(step.title, step.method.as_str(), &step.path, status.as_u16(), &tell(&answer));
        Ok(answer)
    }

    /// Reads without telling.
    pub async fn quietly(&self, path: &str) -> Result<Value, Error> {
        let (status, answer) = self.send(Method::GET, path, None, "read").await?;
        if status.is_success() {
            Ok(answer)
        } else {
            Err(failed("read", format!("{path} answered {status}: {answer}")))
        }
    }

    /// Reads `path` until the answer is `done`, for `patience` at most.
    pub async fn until(
        &mut self,
        title: &'static str,
        path: &str,
        patience: Duration,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value, Error> {
        let begun = Instant::now();
        loop {
            let answer = self.quietly(path).await?;
            if done(&answer) {
                let told = format!(
                    "{} after {} ms",
                    answer["status"].as_str().unwrap_or_default(),
                    begun.elapsed().as_millis()
                );
                self.report(title, "GET", path, 200, &told);
                return Ok(answer);
            }
            if begun.elapsed() > patience {
                return Err(failed(title, format!("still not done after {} s", patience.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends a photo straight to the object store, as the upload says.
    pub async fn upload(&mut self, upload: &Value, photo: Vec<u8>) -> Result<(), Error> {
        let url = upload["upload_url"].as_str().unwrap_or_default();
        let size = photo.len();
        let mut request = self.http.put(url).body(photo);
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let answer =
            request.send().await.map_err(|error| failed("upload", error.without_url().to_string()))?;
        if !answer.status().is_success() {
            return Err(failed("upload", format!("the object store answered {}", answer.status())));
        }
        self.report(
            "upload",
            "PUT",
            "(object store)",
            answer.status().as_u16(),
            &format!("{size} bytes of JPEG"),
        );
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        title: &str,
    ) -> Result<(StatusCode, Value), Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let hint = format!("is a mesh running at {}? `praan up` starts one", self.url);
        let answer = request
            .send()
            .await
            .map_err(|error| failed(title, format!("{}; {hint}", error.without_url())))?;
        let status = answer.status();
        let answer = answer.json().await.map_err(|error| failed(title, error.without_url().to_string()))?;
        Ok((status, answer))
    }

    fn report(&mut self, title: &str, method: &str, path: &str, status: u16, told: &str) {
        self.steps += 1;
        self.say(&format!("{:>3}  {title:<20} {method:<5} {path:<44} {status}  {told}", self.steps));
    }
}
