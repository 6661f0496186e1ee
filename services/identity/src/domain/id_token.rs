//! What the claims of an ID token must say before they are believed (OpenID Connect Core, section 3.1.3.7). The signature has
//! been checked by then.

use std::collections::BTreeSet;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::account;

/// How far the provider's clock and ours may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// The longest subject there may be.
const LONGEST_SUBJECT: usize = 255;
/// The longest e-mail address there may be.
const LONGEST_EMAIL: usize = 254;
/// The longest name that is taken over.
const LONGEST_NAME: usize = 200;

/// The claims that matter.
#[derive(Clone, Deserialize)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMany,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Flag>,
    name: Option<String>,
    acr: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Apple writes its flags as texts.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

/// What a token is held against.
pub struct Expected<'a> {
    /// The forms in which the provider writes its name.
    pub issuers: &'a [String],
    /// The clients that are ours.
    pub clients: &'a BTreeSet<String>,
    /// The strengths of sign-in that will do (`acr`); any when there are none.
    pub acr_values: &'a BTreeSet<String>,
    /// What the token must repeat.
    pub nonce: &'a str,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Somebody, as the provider knows them.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    /// The provider's own name for them, which never changes.
    pub subject: String,
    /// The e-mail address, and whether the provider has verified it.
    pub email: Option<(String, bool)>,
    /// What they are called.
    pub name: Option<String>,
    /// When the token that says so is too old to be believed.
    pub until: DateTime<Utc>,
}

/// Why a token is not believed; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Fault {
    Issuer,
    Audience,
    AuthorizedParty,
    Strength,
    Nonce,
    Expired,
    NotYetIssued,
    Subject,
}

impl Claims {
    /// Whom the token is about, if all it says is as expected.
    pub fn check(self, expected: &Expected<'_>) -> Result<Person, Fault> {
        let unless = |holds: bool, fault| if holds { Ok(()) } else { Err(fault) };
        unless(expected.issuers.contains(&self.iss), Fault::Issuer)?;
        self.check_audience(expected.clients)?;
        let nonce = self.nonce.as_deref().unwrap_or_default();
        let same = verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_ok();
        unless(same && !nonce.is_empty(), Fault::Nonce)?;
        let strong = self.acr.as_ref().is_some_and(|acr| expected.acr_values.contains(acr));
        unless(strong || expected.acr_values.is_empty(), Fault::Strength)?;
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let until = at(self.exp).and_then(|exp| exp.checked_add_signed(LEEWAY)).ok_or(Fault::Expired)?;
        unless(expected.now < until, Fault::Expired)?;
        unless(at(self.iat).is_some_and(|iat| iat <= expected.now + LEEWAY), Fault::NotYetIssued)?;
        unless((1..=LONGEST_SUBJECT).contains(&self.sub.len()), Fault::Subject)?;
        Ok(self.person(until))
    }

    /// Every audience must be ours; a token for several, or one that names its party, must name one of ours.
    fn check_audience(&self, clients: &BTreeSet<String>) -> Result<(), Fault> {
        let audiences = match &self.aud {
            OneOrMany::One(client) => std::slice::from_ref(client),
            OneOrMany::Many(clients) => clients,
        };
        if audiences.is_empty() || !audiences.iter().all(|client| clients.contains(client)) {
            return Err(Fault::Audience);
        }
        match &self.azp {
            Some(party) if clients.contains(party) => Ok(()),
            None if audiences.len() == 1 => Ok(()),
            _ => Err(Fault::AuthorizedParty),
        }
    }

    fn person(self, until: DateTime<Utc>) -> Person {
        let verified = match self.email_verified {
            Some(Flag::Bool(verified)) => verified,
            Some(Flag::Text(text)) => text == "true",
            None => false,
        };
        let email = self.email.map(|email| account::address(&email));
        let email = email.filter(|email| email.contains('@') && email.len() <= LONGEST_EMAIL);
        let name = self.name.map(|name| name.chars().take(LONGEST_NAME).collect::<String>());
        Person {
            subject: self.sub,
            email: email.map(|email| (email, verified)),
            name: name.and_then(|name| account::full_name(&name).ok()),
            until,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn judge(change: Value) -> Result<Person, Fault> {
        let mut claims = json!({"iss": "https://id", "sub": "s", "aud": "web", "exp": NOW + 300, "iat": NOW, "nonce": "n",
            "email": " Asha@Example.org", "email_verified": true, "name": "Asha Rao"});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims: Claims = serde_json::from_value(claims).unwrap();
        let issuers = ["https://id".to_owned(), "id".to_owned()];
        let clients = BTreeSet::from(["web".to_owned(), "ios".to_owned()]);
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let acr_values = BTreeSet::new();
        claims.check(&Expected {
            issuers: &issuers,
            clients: &clients,
            acr_values: &acr_values,
            nonce: "n",
            now,
        })
    }

    #[test]
    fn a_token_as_it_should_be_is_believed() {
        let person = judge(json!({})).unwrap();
        assert_eq!(person.email, Some(("asha@example.org".into(), true)));
        assert_eq!((person.subject.as_str(), person.name.as_deref()), ("s", Some("Asha Rao")));
        for change in [
            json!({"iss": "id"}),
            json!({"aud": ["ios"]}),
            json!({"azp": "ios"}),
            json!({"aud": ["ios", "web"], "azp": "web"}),
            json!({"exp": NOW - 59}),
            json!({"iat": NOW + 60}),
        ] {
            assert!(judge(change.clone()).is_ok(), "{change}");
        }
    }

    #[test]
    fn a_token_that_says_anything_else_is_not() {
        for (change, fault) in [
            (json!({"iss": "https://id/"}), Fault::Issuer),
            (json!({"iss": "http://id"}), Fault::Issuer),
            (json!({"aud": "other"}), Fault::Audience),
            (json!({"aud": []}), Fault::Audience),
            (json!({"aud": ["web", "other"], "azp": "web"}), Fault::Audience),
            (json!({"aud": ["web", "ios"]}), Fault::AuthorizedParty),
            (json!({"azp": "other"}), Fault::AuthorizedParty),
            (json!({"nonce": "m"}), Fault::Nonce),
            (json!({"nonce": ""}), Fault::Nonce),
            (json!({"nonce": null}), Fault::Nonce),
            (json!({"exp": NOW - 60}), Fault::Expired),
            (json!({"exp": i64::MAX}), Fault::Expired),
            (json!({"iat": NOW + 61}), Fault::NotYetIssued),
            (json!({"sub": ""}), Fault::Subject),
            (json!({"sub": "x".repeat(256)}), Fault::Subject),
        ] {
            assert_eq!(judge(change.clone()), Err(fault), "{change}");
        }
    }

    #[test]
    fn an_address_is_verified_only_where_the_provider_says_so() {
        for (says, verified) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("TRUE"), false),
            (json!(null), false),
        ] {
            let person = judge(json!({"email_verified": says})).unwrap();
            assert_eq!(person.email.unwrap().1, verified, "{says}");
        }
        for none in [json!(null), json!(""), json!("no address"), json!(format!("{}@x", "x".repeat(254)))] {
            assert_eq!(judge(json!({"email": none})).unwrap().email, None, "{none}");
        }
        for (name, taken) in [(json!("A\u{7}"), None), (json!(null), None), (json!(" A "), Some("A"))] {
            assert_eq!(judge(json!({"name": name})).unwrap().name.as_deref(), taken);
        }
    }
}
