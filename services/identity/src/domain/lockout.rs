//! How often somebody may guess a password.
//!
//! A guess is reserved before it is evaluated, and what is reserved counts until it is [`forget`]-ed. Hence the limit holds
//! however many guesses arrive at once: those that find no place are never compared with the password at all.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How many guesses are evaluated within [`WINDOW`].
pub const GUESSES: usize = 5;

/// Every span of this length holds at most [`GUESSES`] of them.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Adds a guess to the `recent` ones, or says how long to wait for the next place.
pub fn reserve(mut recent: Vec<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, Duration> {
    recent.retain(|guess| *guess > now - WINDOW);
    if recent.len() >= GUESSES {
        let oldest = recent.iter().min().copied().unwrap_or(now);
        return Err((oldest + WINDOW - now).to_std().unwrap_or_default());
    }
    recent.push(now);
    Ok(recent)
}

/// Takes back a guess that was reserved at `at` and then not evaluated.
pub fn forget(mut recent: Vec<DateTime<Utc>>, at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    if let Some(place) = recent.iter().position(|guess| *guess == at) {
        recent.remove(place);
    }
    recent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(n)
    }

    #[test]
    fn the_sixth_guess_within_any_quarter_of_an_hour_waits_for_the_first_to_grow_old() {
        let mut recent = Vec::new();
        for at in [0, 10, 11, 12, 13] {
            recent = reserve(recent, minute(at)).unwrap();
        }
        assert_eq!(reserve(recent.clone(), minute(14)).unwrap_err(), Duration::from_secs(60));
        // at 15 the first one is out, and only one place is free: the window slides, it does not start afresh
        let recent = reserve(recent, minute(15)).unwrap();
        assert_eq!(reserve(recent.clone(), minute(16)).unwrap_err(), Duration::from_secs(9 * 60));
        assert_eq!(recent, [10, 11, 12, 13, 15].map(minute));
    }

    #[test]
    fn a_guess_that_was_not_evaluated_gives_its_place_back_once() {
        let full = vec![minute(0); GUESSES];
        assert_eq!(forget(full.clone(), minute(0)).len(), GUESSES - 1);
        assert_eq!(forget(full, minute(1)).len(), GUESSES);
    }
}
