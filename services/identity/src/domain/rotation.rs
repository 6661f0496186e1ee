//! When a signing key comes, signs and goes: all of it follows from when the keys were made, so that any number of processes
//! over the same rows agree without a word.
//!
//! A key is published for a day before it signs, so that whoever keeps the published keys for a while knows it in time. It
//! signs until the next one does, and stays published until its last token has ended.

use chrono::{DateTime, TimeDelta, Utc};

use super::session::ACCESS_LIFETIME;

/// How old the newest key gets before the next one is made.
pub const LIFETIME: TimeDelta = TimeDelta::days(30);
/// How long a key is published before it signs.
pub const AHEAD: TimeDelta = TimeDelta::days(1);
/// How far the clocks of two processes may be apart.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Whether the next key should be made, given when each was made, the newest first.
pub fn next_is_due(made: &[DateTime<Utc>], now: DateTime<Utc>) -> bool {
    made.first().is_none_or(|newest| *newest + LIFETIME <= now)
}

/// Which key signs: the newest that has been published for long enough, or else the oldest, since the first of all has nobody
/// to wait for it.
pub fn signer(made: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<usize> {
    made.iter().position(|at| *at + AHEAD <= now).or(made.len().checked_sub(1))
}

/// How many keys, from the newest on, are published: those that will sign, the one that does, and those whose last token may
/// still be alive.
pub fn published(made: &[DateTime<Utc>], now: DateTime<Utc>) -> usize {
    // a key signed until the one before it in the list began to
    let ended = |follower: &DateTime<Utc>| *follower + AHEAD + ACCESS_LIFETIME + SKEW <= now;
    made.iter().position(ended).map_or(made.len(), |follower| follower + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::days(n)
    }

    #[test]
    fn a_key_is_made_when_there_is_none_and_when_the_newest_is_old() {
        assert!(next_is_due(&[], day(0)));
        assert!(!next_is_due(&[day(0)], day(30) - TimeDelta::microseconds(1)));
        assert!(next_is_due(&[day(0)], day(30)));
        assert!(!next_is_due(&[day(30), day(0)], day(31)));
    }

    #[test]
    fn a_new_key_waits_and_the_old_one_goes_on_signing() {
        assert_eq!(signer(&[], day(0)), None);
        assert_eq!(signer(&[day(0)], day(0)), Some(0), "the first of all signs at once");
        let keys = [day(30), day(0)];
        assert_eq!(signer(&keys, day(31) - TimeDelta::microseconds(1)), Some(1));
        assert_eq!(signer(&keys, day(31)), Some(0));
    }

    #[test]
    fn an_old_key_is_published_until_its_last_token_has_ended_on_every_clock() {
        let keys = [day(30), day(0)];
        let end = day(31) + ACCESS_LIFETIME + SKEW;
        assert_eq!(published(&keys, day(30)), 2, "the next one is published before it signs");
        assert_eq!(published(&keys, end - TimeDelta::microseconds(1)), 2);
        assert_eq!(published(&keys, end), 1);
        assert_eq!(published(&[day(60), day(30), day(0)], day(60)), 2);
        assert_eq!(published(&[], day(0)), 0);
    }
}
