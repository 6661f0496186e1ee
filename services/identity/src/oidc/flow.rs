//! The authorization code flow with PKCE (RFC 6749, RFC 7636): what goes to the provider, and what comes back.
//!
//! All that a flow must remember follows from one secret, which the browser keeps, and from the key-encryption key: `state`,
//! `nonce` and the code verifier are neither stored nor known to the browser before the provider is.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::Error;
use serde::Deserialize;
use url::Url;

use super::provider::{Metadata, Provider};
use super::settings::CodeFlow;
use crate::error;
use crate::keys::KeyEncryptionKey;

/// What belongs to one flow.
pub struct Flow {
    /// Ties the provider's answer to the browser that asked.
    pub state: String,
    /// Ties the ID token to the flow.
    pub nonce: String,
    verifier: String,
}

#[derive(Deserialize)]
struct Exchanged {
    id_token: String,
}

impl Flow {
    /// What belongs to the flow of this secret.
    pub fn of(secret: &str, lock: &KeyEncryptionKey) -> Self {
        let derive = |purpose: &str| {
            URL_SAFE_NO_PAD.encode(lock.derive(&format!("oidc flow {purpose}"), secret.as_bytes()))
        };
        Self { state: derive("state"), nonce: derive("nonce"), verifier: derive("verifier") }
    }

    /// Where the browser goes.
    pub fn authorization_url(
        &self,
        (provider, metadata, code_flow): (&Provider, &Metadata, &CodeFlow),
        redirect_uri: &str,
    ) -> Url {
        let challenge = digest::digest(&digest::SHA256, self.verifier.as_bytes());
        let mut url = metadata.authorization_endpoint.url();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &code_flow.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", code_flow.scope)
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        if let Some(mode) = code_flow.response_mode {
            url.query_pairs_mut().append_pair("response_mode", mode);
        }
        let acr_values: Vec<_> = provider.settings.acr_values.iter().map(String::as_str).collect();
        if !acr_values.is_empty() {
            url.query_pairs_mut().append_pair("acr_values", &acr_values.join(" "));
        }
        url
    }

    /// Fails when an answer is another flow's, or another provider's (RFC 9207: mix-up).
    pub fn check(
        &self,
        state: &str,
        iss: Option<&str>,
        provider: &Provider,
        metadata: &Metadata,
    ) -> Result<(), Error> {
        let same_state = verify_slices_are_equal(state.as_bytes(), self.state.as_bytes()).is_ok();
        let same_issuer = match iss {
            Some(iss) => iss == provider.settings.issuers[0],
            None => !metadata.names_itself,
        };
        if same_state && same_issuer { Ok(()) } else { Err(error::bad_flow()) }
    }

    /// Exchanges a code for an ID token.
    pub async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        (provider, metadata, code_flow): (&Provider, &Metadata, &CodeFlow),
    ) -> Result<String, Error> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", &self.verifier),
        ];
        let secret = secret(code_flow).await?;
        let mut user = None;
        match &secret {
            Some(secret) if metadata.basic_auth => {
                user = Some((code_flow.client_id.as_str(), secret.as_str()))
            }
            Some(secret) => {
                form.extend([("client_id", code_flow.client_id.as_str()), ("client_secret", secret)])
            }
            None => form.push(("client_id", &code_flow.client_id)),
        }
        let answer = provider.http.post::<Exchanged>(metadata.token_endpoint.url(), &form, user).await?;
        answer.map(|exchanged| exchanged.id_token).ok_or_else(error::bad_flow)
    }
}

async fn secret(code_flow: &CodeFlow) -> Result<Option<String>, Error> {
    let Some(file) = &code_flow.client_secret_file else { return Ok(None) };
    let text = tokio::fs::read_to_string(file).await.map_err(Error::internal)?;
    Ok(Some(text.trim().to_owned()))
}
