//! Which passwords will do: those that are not soon guessed.
//!
//! A password is estimated as somebody would guess it who knows the common ones, the words of languages, names, keyboards and
//! dates, and also whose account it is and what the product is about (zxcvbn, by Wheeler, USENIX Security 2016). No kind of
//! character is demanded or forbidden.

use chassis::Error;
use zxcvbn::{Score, zxcvbn};

/// The least that will do: a hundred million guesses.
const ENOUGH: Score = Score::Three;

/// Words that anybody would try here first.
const OURS: [&str; 16] = [
    "praan",
    "prana",
    "health",
    "healthcare",
    "family",
    "care",
    "clinic",
    "hospital",
    "doctor",
    "patient",
    "medical",
    "fitness",
    "strength",
    "nutrition",
    "adherence",
    "bloodpressure",
];

/// A password somebody chooses.
pub struct Chosen {
    field: &'static str,
    text: String,
    personal: Vec<String>,
}

impl Chosen {
    /// The password of a request's field, and what is known of the person.
    pub fn new(field: &'static str, text: &str, personal: [&str; 2]) -> Self {
        Self { field, text: text.to_owned(), personal: personal.into_iter().flat_map(guesses).collect() }
    }

    /// The password, if it will do. Takes milliseconds, and does not belong on an async thread.
    pub fn accepted(&self) -> Result<&str, Error> {
        let known: Vec<&str> = OURS.into_iter().chain(self.personal.iter().map(String::as_str)).collect();
        let estimate = zxcvbn(&self.text, &known);
        if estimate.score() >= ENOUGH {
            return Ok(&self.text);
        }
        let hint = estimate.feedback().and_then(|feedback| feedback.warning());
        let hint = hint.map(|hint| format!(" {hint}")).unwrap_or_default();
        Err(Error::invalid(
            self.field,
            format!("is too easy to guess.{hint} Four unusual words are a good password."),
        ))
    }
}

/// What somebody would try who knows an address or a name: the whole of it, each word, and the words written as one.
fn guesses(text: &str) -> Vec<String> {
    let local = text.split('@').next().unwrap_or(text);
    let words = local.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words.filter(|word| word.len() > 2).map(str::to_owned).collect();
    [vec![text.to_owned(), words.concat()], words].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(password: &str) -> Result<(), Error> {
        Chosen::new("password", password, ["asha.rao@example.org", "Ashalata Rao"]).accepted().map(drop)
    }

    #[test]
    fn what_others_would_try_first_is_refused() {
        for password in [
            "1234567890",
            "password123",
            "qwertyuiop",
            "P@ssw0rd123",
            "aaaaaaaaaaaa",
            "iloveyou123",
            "abcdefghij",
            // the product and the person
            "praanpraan",
            "praan2026!",
            "familyhealth",
            "AshalataRao",
            "asha.rao@example.org",
            "asharao123",
        ] {
            let refused = judge(password).expect_err(password);
            assert_eq!(refused.fields()[0].field, "password", "{password}");
            assert!(!refused.fields()[0].message.contains(password), "a password is not repeated");
        }
    }

    #[test]
    fn any_characters_will_do() {
        for password in [
            "correct horse battery",
            "zwölf boxkämpfer jagen",
            "7391046258 1",
            "आशा और उसका परिवार",
            "🦀🦀 crab rave 🦀",
        ] {
            assert!(judge(password).is_ok(), "{password}");
        }
    }

    #[test]
    fn the_longest_password_is_judged_too() {
        let varied: String = (0..128_u32).map(|n| char::from(b'!' + (n * n * 7 % 90) as u8)).collect();
        assert!(judge(&varied).is_ok());
        assert!(judge(&"x7#".repeat(43)[..128]).is_err(), "much of the same");
    }
}
