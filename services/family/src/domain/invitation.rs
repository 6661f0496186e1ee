//! Asking somebody to manage a family: nobody becomes a manager without wanting to.

use chassis::Error;
use chrono::{DateTime, TimeDelta, Utc};

/// How long an invitation may be accepted.
pub const LIFETIME: TimeDelta = TimeDelta::days(14);

/// How many may be pending in a family: enough for every relative, too few to bother the world with.
pub const MOST_PENDING: usize = 20;

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Waits for the invited.
    Pending,
    /// The invited has joined.
    Accepted,
    /// The invited does not want to.
    Declined,
    /// The family does not want it any more.
    Withdrawn,
}

impl Status {
    /// The word it is stored as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Accepted, Self::Declined, Self::Withdrawn];
        all.into_iter().find(|status| status.as_str() == word)
    }
}

/// Whether one invitation stands at a time.
pub fn stands(status: Status, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    status == Status::Pending && now < expires_at
}

/// An address as it is compared: identity keeps those of accounts alike.
pub fn address(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether a family may invite an address, by those that are invited now and those of its managers. Neither says anything of
/// accounts outside of the family.
pub fn invite<'a>(
    address: &str,
    mut managers: impl Iterator<Item = &'a str>,
    pending: &[&str],
) -> Result<(), Error> {
    if managers.any(|manager| manager == address) {
        return Err(Error::conflict("this account manages the family already"));
    }
    if pending.contains(&address) {
        return Err(Error::conflict("this address is invited already"));
    }
    if pending.len() >= MOST_PENDING {
        return Err(Error::illegal_state("too many invitations are pending; withdraw one first"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chassis::Kind;

    use super::*;

    #[test]
    fn an_invitation_stands_while_it_is_pending_and_not_expired() {
        let end = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let second = TimeDelta::seconds(1);
        assert!(stands(Status::Pending, end, end - second));
        assert!(!stands(Status::Pending, end, end));
        for settled in [Status::Accepted, Status::Declined, Status::Withdrawn] {
            assert!(!stands(settled, end, end - second), "{settled:?}");
        }
    }

    #[test]
    fn a_status_is_read_back_from_its_word() {
        for status in [Status::Pending, Status::Accepted, Status::Declined, Status::Withdrawn] {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("EXPIRED"), None);
    }

    #[test]
    fn one_address_is_invited_once_and_not_everybody_at_once() {
        let many: Vec<String> = (0..MOST_PENDING).map(|n| format!("{n}@example.com")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (managers, pending, refusal) in [
            (&["asha@example.com"][..], &[][..], None),
            (&["ravi@example.com"], &[], Some(Kind::Conflict)),
            (&[], &["ravi@example.com"], Some(Kind::Conflict)),
            (&[], &many[..MOST_PENDING - 1], None),
            (&[], &many, Some(Kind::IllegalState)),
        ] {
            let answer = invite("ravi@example.com", managers.iter().copied(), pending);
            assert_eq!(answer.err().map(|e| e.kind()), refusal, "{managers:?} {pending:?}");
        }
        assert_eq!(address(" Ravi@Example.COM "), "ravi@example.com");
    }
}
