//! An identity provider as a mesh knows it, and a browser that signs in there.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Url, redirect};
use serde_json::{Value, json};
use servers::OidcProvider;
use tempfile::TempDir;

/// A provider and the file that tells a mesh of it, under three names: `here`, a client with a secret and keys of RSA;
/// `public`, a client without and keys on P-256; and `strong`, of which a second factor is asked.
pub struct Provider {
    server: OidcProvider,
    folder: TempDir,
}

/// What the provider sends the browser back with.
pub type Returned = BTreeMap<String, String>;

impl Provider {
    /// Starts it.
    pub async fn start() -> Self {
        let (server, folder) = (OidcProvider::start().await, tempfile::tempdir().expect("a folder"));
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "the secret of web\n").expect("a file");
        let (issuer, redirect_uris) = (server.issuer(), [server.redirect_uri()]);
        let file = json!([
            {"name": "here", "issuer": issuer, "client_ids": ["web", "ios"], "client_id": "web",
             "client_secret_file": secret, "redirect_uris": redirect_uris},
            {"name": "public", "issuer": issuer, "client_ids": ["public"], "client_id": "public",
             "redirect_uris": redirect_uris},
            {"name": "strong", "issuer": issuer, "client_ids": ["web"], "client_id": "web", "client_secret_file": secret,
             "redirect_uris": redirect_uris, "acr_values": ["mfa", "phrh"]},
        ]);
        std::fs::write(folder.path().join("providers.json"), file.to_string()).expect("a file");
        Self { server, folder }
    }

    /// The file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("providers.json")
    }

    /// Signs in as `email` in a browser, from where the mesh sends it until it comes back.
    pub async fn browse(&self, authorization_url: &str, email: &str) -> Returned {
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        let mut url = Url::parse(authorization_url).expect("a URL");
        url.query_pairs_mut().append_pair("login_hint", email);
        let mut cookies = BTreeMap::new();
        for _ in 0..10 {
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer =
                client.get(url.clone()).header(COOKIE, jar.join("; ")).send().await.expect("an answer");
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str().expect("a text").split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').expect("a cookie");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let next = answer.headers().get(LOCATION).map(|next| next.to_str().expect("a text").to_owned());
            let Some(next) = next else { panic!("{}", answer.text().await.expect("a text")) };
            url = url.join(&next).expect("a URL");
            if next.starts_with(self.redirect_uri()) {
                return url.query_pairs().into_owned().collect();
            }
        }
        panic!("the provider sends the browser round and round");
    }

    /// An ID token for `email` as the provider gives it, but for what `change` says.
    pub async fn id_token(&self, email: &str, change: Value) -> String {
        self.sign_with(email, change, json!({})).await
    }

    /// The same with more in the header.
    pub async fn sign_with(&self, email: &str, change: Value, header: Value) -> String {
        let now = chassis::clock::Clock::system().now().timestamp();
        let mut claims = json!({"iss": self.issuer(), "sub": email, "aud": "web", "iat": now, "exp": now + 300,
            "nonce": "n", "jti": uuid::Uuid::new_v4(), "email": email, "email_verified": true, "name": "Asha Rao"});
        for (name, value) in change.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        self.sign(&json!({"claims": claims, "header": header}).to_string()).await
    }
}

impl Deref for Provider {
    type Target = OidcProvider;

    fn deref(&self) -> &OidcProvider {
        &self.server
    }
}
