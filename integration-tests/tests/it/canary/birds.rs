//! Values that stand nowhere else in the world, and the search for them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What every planted text begins with.
const TEXT: &str = "kanari";
/// What every planted name of a field begins with. An error may name a field, so it may name these; nothing else may.
const NAME: &str = "zeisig";
/// The digits that every planted number has in a row. A clock may show them too, so a number counts only as a whole.
const DIGITS: &str = "73918";

/// Hands out values to plant, each once, and finds them again.
#[derive(Clone, Default)]
pub struct Birds(Arc<Mutex<Planted>>);

#[derive(Default)]
struct Planted {
    given: usize,
    numbers: BTreeSet<String>,
    secrets: BTreeSet<String>,
}

impl Birds {
    /// A text.
    pub fn text(&self) -> String {
        format!("{TEXT}{:05}", self.next())
    }

    /// The name of a field.
    pub fn name(&self) -> String {
        format!("{NAME}{:05}", self.next())
    }

    /// An address.
    pub fn email(&self) -> String {
        format!("{}@example.org", self.text())
    }

    /// A whole number that JSON holds exactly.
    pub fn whole(&self) -> i64 {
        let text = format!("{DIGITS}{:010}", 4_000_000_000 + self.next());
        self.number(&text)
    }

    /// A whole number of 32 bits.
    pub fn small(&self) -> i32 {
        let text = format!("{DIGITS}{:04}", 1000 + self.next() % 9000);
        self.number(&text)
    }

    /// An amount between `base` and the next whole number.
    pub fn amount(&self, base: u32) -> f64 {
        // the last digit is no zero, which would not be printed
        let text = format!("{base}.{DIGITS}{:03}1", self.next() % 1000);
        self.number(&text)
    }

    /// Something that is as secret as what is planted, and was not made here: a token, a password.
    pub fn secret(&self, secret: &str) {
        assert!(secret.len() >= 8, "too short to be found for certain");
        self.planted().secrets.insert(secret.to_owned());
    }

    /// How many values were planted.
    pub fn count(&self) -> usize {
        let planted = self.planted();
        planted.given + planted.secrets.len()
    }

    /// The lines of a text that tell something of what was planted, cut short.
    pub fn sightings(&self, text: &str) -> Vec<String> {
        let mut found = self.values(text);
        found.extend(text.lines().filter(|line| line.contains(NAME)).map(|line| around(line, NAME)));
        found
    }

    /// The same, where a field may be named.
    pub fn values(&self, text: &str) -> Vec<String> {
        let planted = self.planted();
        let spellings = spellings(TEXT);
        let mut found = Vec::new();
        for line in text.lines() {
            let text = spellings.iter().find(|spelling| line.contains(spelling.as_str()));
            let number = || planted.numbers.iter().find(|number| line.contains(number.as_str()));
            let number = if line.contains(DIGITS) { number() } else { None };
            let secret = || planted.secrets.iter().find(|secret| line.contains(secret.as_str()));
            found.extend(text.or(number).or_else(secret).map(|needle| around(line, needle)));
        }
        found
    }

    fn next(&self) -> usize {
        let mut planted = self.planted();
        planted.given += 1;
        planted.given
    }

    fn number<N: std::str::FromStr>(&self, text: &str) -> N {
        self.planted().numbers.insert(text.to_owned());
        text.parse().ok().expect("a number")
    }

    fn planted(&self) -> std::sync::MutexGuard<'_, Planted> {
        self.0.lock().unwrap()
    }
}

/// A text as it is, as Rust prints its bytes, in base64 at each of the three places it may have there, and in hex.
fn spellings(text: &str) -> Vec<String> {
    use base64::Engine;
    let bytes = text.as_bytes();
    let list = format!("{bytes:?}");
    let base64 = |skipped: usize| {
        let padded = [&vec![0; skipped][..], bytes, &[0; 3]].concat();
        let whole = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
        // without the letters that belong to the neighbours in part
        whole[(skipped * 4).div_ceil(3)..(skipped + bytes.len()) * 4 / 3].to_owned()
    };
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![text.to_owned(), list[1..list.len() - 1].to_owned(), base64(0), base64(1), base64(2), hex]
}

fn around(line: &str, needle: &str) -> String {
    let at = line.find(needle).unwrap_or_default();
    let from = line.floor_char_boundary(at.saturating_sub(200));
    let to = line.ceil_char_boundary((at + needle.len() + 60).min(line.len()));
    line[from..to].to_owned()
}

#[test]
fn what_was_planted_is_found_again_however_it_is_written() {
    use base64::Engine;
    let birds = Birds::default();
    let (text, name, whole, amount) = (birds.text(), birds.name(), birds.whole(), birds.amount(61));
    birds.secret("hunter2hunter2");
    let encoded =
        |before: &str| base64::engine::general_purpose::STANDARD.encode(format!("{before}{text} and more"));
    for told in [
        format!("somebody said {text:?}"),
        format!("payload={:?}", text.as_bytes()),
        encoded(""),
        encoded("x"),
        encoded("xx"),
        format!("{{\"{name}\":1}}"),
        format!("id={whole}"),
        format!("Some({amount})"),
        "password=hunter2hunter2".to_owned(),
    ] {
        assert_eq!(birds.sightings(&format!("first\n{told}\nlast")).len(), 1, "{told}");
    }
    assert!(birds.values(&format!("{name} must not be here")).is_empty());
    assert!(birds.sightings("23:17:00.173918Z 61.7391 kan ari 73918").is_empty());
}
