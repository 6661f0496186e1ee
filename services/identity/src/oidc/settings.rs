//! The identity providers people may sign in by, as a file lists them. A file that is wrong in any place is refused as a whole,
//! and the refusal names the place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chassis::Error;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::endpoint::Endpoint;

/// One provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What it is called in requests.
    pub name: String,
    /// Its issuer, where its metadata is.
    pub issuer: Endpoint,
    /// The forms in which its tokens write the issuer.
    pub issuers: Vec<String>,
    /// The clients whose tokens are accepted.
    pub client_ids: BTreeSet<String>,
    /// The strengths of sign-in one of which a token must attest (`acr`), such as by a second factor; any when there are none.
    pub acr_values: BTreeSet<String>,
    /// What the code flow needs, where it is offered.
    pub code_flow: Option<CodeFlow>,
}

/// How the house itself appears at a provider.
#[derive(Clone, Debug)]
pub struct CodeFlow {
    /// Its client.
    pub client_id: String,
    /// The file with that client's secret; none for a public client. It is read at every use, so that a new one takes effect.
    pub client_secret_file: Option<PathBuf>,
    /// Where a browser may be sent back to.
    pub redirect_uris: BTreeSet<String>,
    /// What is asked for.
    pub scope: &'static str,
    /// How the browser is sent back, where the provider's own way will not do.
    pub response_mode: Option<&'static str>,
}

/// All providers, by name; none by default.
#[derive(Clone, Debug, Default)]
pub struct Providers(pub(super) BTreeMap<String, Provider>);

impl Providers {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let refuse = |why: String| {
            let path = path.display();
            Error::illegal_state(format!("the file of identity providers {path} cannot be used: {why}"))
        };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        parse(&text).map(Self).map_err(refuse)
    }
}

/// What is known of a provider beforehand.
struct Preset {
    issuer: Option<&'static str>,
    also: &'static [&'static str],
    scope: &'static str,
    response_mode: Option<&'static str>,
}

const OTHER: Preset = Preset { issuer: None, also: &[], scope: "openid email profile", response_mode: None };

fn preset(name: &str) -> Option<Preset> {
    match name {
        // Google leaves the scheme out of its tokens now and then
        "google" => Some(Preset {
            issuer: Some("https://accounts.google.com"),
            also: &["accounts.google.com"],
            ..OTHER
        }),
        // Apple tells the address only to those who let themselves be called back by a form
        "apple" => Some(Preset {
            issuer: Some("https://appleid.apple.com"),
            scope: "openid email",
            response_mode: Some("form_post"),
            ..OTHER
        }),
        _ => None,
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, Provider>, String> {
    let list: Vec<Map<String, Value>> =
        serde_json::from_str(text).map_err(|error| format!("it must be a JSON array of objects: {error}"))?;
    let mut providers = BTreeMap::new();
    for (index, fields) in list.into_iter().enumerate() {
        let provider = provider(Fields(fields)).map_err(|why| format!("[{index}].{why}"))?;
        let name = provider.name.clone();
        if providers.insert(name, provider).is_some() {
            return Err(format!("[{index}].name: is used twice"));
        }
    }
    Ok(providers)
}

fn provider(mut fields: Fields) -> Result<Provider, String> {
    let name: String = fields.required("name")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
        return Err("name: must be 1 to 32 small letters, digits and hyphens".into());
    }
    let known = match fields.optional::<String>("preset")? {
        Some(name) => preset(&name).ok_or("preset: must be google or apple")?,
        None => OTHER,
    };
    let issuer = match (fields.optional::<String>("issuer")?, known.issuer) {
        (Some(_), Some(_)) => return Err("issuer: the preset says it already".into()),
        (given, preset) => {
            given.or(preset.map(str::to_owned)).ok_or("issuer: must be given without a preset")?
        }
    };
    let endpoint = Endpoint::parse(&issuer).map_err(|why| format!("issuer: {why}"))?;
    if issuer.contains('?') {
        return Err("issuer: must have no query".into());
    }
    let client_ids: BTreeSet<String> = fields.required("client_ids")?;
    if client_ids.is_empty() || client_ids.contains("") {
        return Err("client_ids: must be one or more names of clients".into());
    }
    let acr_values: BTreeSet<String> = fields.optional("acr_values")?.unwrap_or_default();
    if acr_values.iter().any(|value| value.is_empty() || value.contains(' ')) {
        return Err("acr_values: must be names without blanks".into());
    }
    let code_flow = code_flow(&mut fields, &known)?;
    fields.finish()?;
    let issuers = std::iter::once(issuer).chain(known.also.iter().map(|also| (*also).to_owned())).collect();
    Ok(Provider { name, issuer: endpoint, issuers, client_ids, acr_values, code_flow })
}

fn code_flow(fields: &mut Fields, known: &Preset) -> Result<Option<CodeFlow>, String> {
    let client_id = fields.optional::<String>("client_id")?;
    let client_secret_file = fields.optional::<PathBuf>("client_secret_file")?;
    let redirect_uris = fields.optional::<BTreeSet<String>>("redirect_uris")?.unwrap_or_default();
    let Some(client_id) = client_id else {
        return match (client_secret_file, redirect_uris.is_empty()) {
            (None, true) => Ok(None),
            _ => Err("client_id: must be given where client_secret_file or redirect_uris are".into()),
        };
    };
    if redirect_uris.is_empty() {
        return Err("redirect_uris: must be one or more addresses where client_id is given".into());
    }
    for uri in &redirect_uris {
        Endpoint::parse(uri).map_err(|why| format!("redirect_uris: {why}"))?;
    }
    if let Some(file) = &client_secret_file {
        std::fs::metadata(file).map_err(|error| format!("client_secret_file: {error}"))?;
    }
    let Preset { scope, response_mode, .. } = *known;
    Ok(Some(CodeFlow { client_id, client_secret_file, redirect_uris, scope, response_mode }))
}

/// The fields of one provider that have not been read yet.
struct Fields(Map<String, Value>);

impl Fields {
    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, String> {
        let value = self.0.remove(name).map(serde_json::from_value);
        value.transpose().map_err(|error| format!("{name}: {error}"))
    }

    fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, String> {
        self.optional(name)?.ok_or_else(|| format!("{name}: must be given"))
    }

    fn finish(self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("{name}: there is no such field")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn presets_know_what_their_documents_say() {
        let file = json!([
            {"name": "google", "preset": "google", "client_ids": ["a", "b"]},
            {"name": "apple", "preset": "apple", "client_ids": ["c"], "client_id": "c", "redirect_uris": ["https://app/x"]},
        ]);
        let providers = parse(&file.to_string()).unwrap();
        assert_eq!(providers["google"].issuers, ["https://accounts.google.com", "accounts.google.com"]);
        assert!(providers["google"].code_flow.is_none());
        let apple = providers["apple"].code_flow.as_ref().unwrap();
        assert_eq!((apple.scope, apple.response_mode), ("openid email", Some("form_post")));
    }

    #[test]
    fn a_wrong_file_is_refused_by_the_name_of_the_field() {
        let good = json!({"name": "x", "issuer": "https://id.example.org", "client_ids": ["a"], "client_id": "a",
            "redirect_uris": ["https://app.example.org/in"]});
        assert!(parse(&json!([good]).to_string()).is_ok());
        for (field, value) in [
            ("name", json!("Has Blanks")),
            ("name", json!(null)),
            ("name", json!(5)),
            ("preset", json!("facebook")),
            ("issuer", json!("http://id.example.org")),
            ("issuer", json!("id.example.org")),
            ("issuer", json!("https://id.example.org/?a=b")),
            ("client_ids", json!([])),
            ("client_ids", json!("a")),
            ("client_id", json!(null)),
            ("client_secret_file", json!("/nonexistent")),
            ("redirect_uris", json!([])),
            ("redirect_uris", json!(["http://app.example.org"])),
            ("acr_values", json!(["two factors"])),
            ("colour", json!("red")),
        ] {
            let mut bad = good.clone();
            match value.is_null() {
                true => drop(bad.as_object_mut().unwrap().remove(field)),
                false => bad[field] = value.clone(),
            }
            let said = parse(&json!([good, bad]).to_string()).unwrap_err();
            assert!(said.starts_with(&format!("[1].{field}: ")), "{field} {value}: {said}");
        }
        assert!(parse(&json!([good, good]).to_string()).unwrap_err().contains("[1].name"));
        assert!(parse("{").unwrap_err().contains("JSON array"));
        assert!(Providers::read(Path::new("/nonexistent")).unwrap_err().message().contains("/nonexistent"));
    }
}
