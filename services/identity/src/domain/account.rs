//! What an account is called.

use chassis::Error;
use chrono::TimeDelta;

/// How long the deletion of an account can be taken back.
pub const UNDO: TimeDelta = TimeDelta::days(30);

/// How long ago a deletion lies that nobody can take back any more.
pub const PAST_UNDO: TimeDelta = TimeDelta::seconds(UNDO.num_seconds() + 1);

/// An e-mail address as it is kept and compared: in small letters, without blanks around it.
pub fn address(email: &str) -> String {
    email.trim().to_lowercase()
}

/// A person's name without blanks around it.
pub fn full_name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    if name.is_empty() {
        return Err(Error::invalid("full_name", "must not be blank"));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid("full_name", "must not contain control characters"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_do_not_count_in_an_address() {
        assert_eq!(address(" Asha.Rao@Example.COM "), "asha.rao@example.com");
    }

    #[test]
    fn a_name_is_trimmed_and_says_something() {
        assert_eq!(full_name("  Asha Rao ").unwrap(), "Asha Rao");
        for bad in ["", "   ", "\u{3000}", "Asha\u{7}", "Asha\nRao"] {
            assert_eq!(full_name(bad).unwrap_err().fields()[0].field, "full_name", "{bad:?}");
        }
    }
}
