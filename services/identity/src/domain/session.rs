//! How long a session lives, and what a refresh token is still good for.

use chrono::{DateTime, TimeDelta, Utc};

/// How long an access token lives.
pub const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// How long a refresh token that nobody uses lives.
pub const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(30);

/// How long a session lives at the most, however much it is used: then its user proves anew who they are.
pub const LONGEST: TimeDelta = TimeDelta::days(90);

/// How long a session counts as just opened: for so long, what was proved to open it need not be proved again.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// What opened a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A password.
    Password,
    /// The word of an identity provider.
    Provider,
}

impl Proof {
    /// The word it is stored as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::Provider => "PROVIDER",
        }
    }

    /// Whether the owner of a session that was opened so at `opened_at` may set a password without telling the old one. It is
    /// how somebody who forgot it comes back: the provider has just vouched for them, by whatever factors it asks for.
    pub fn replaces_password(proof: &str, opened_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        proof == Self::Provider.as_str() && now < opened_at + FRESH
    }
}

/// Until when a session that began then may be used.
pub fn end(opened_at: DateTime<Utc>) -> DateTime<Utc> {
    opened_at + LONGEST
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user signed out.
    Logout,
    /// A refresh token was presented a second time: one of the two who have it is a thief.
    TokenReused,
    /// The user ended it from another session.
    Revoked,
    /// The account got another password, from another session.
    PasswordChanged,
    /// The account was deleted.
    AccountDeleted,
    /// An operator locked the account.
    AccountLocked,
    /// The one whose address it is has proved so, and whoever opened the account before never had.
    AccountClaimed,
}

impl EndReason {
    /// The word it is stored as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "LOGOUT",
            Self::TokenReused => "TOKEN_REUSED",
            Self::Revoked => "REVOKED",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::AccountDeleted => "ACCOUNT_DELETED",
            Self::AccountLocked => "ACCOUNT_LOCKED",
            Self::AccountClaimed => "ACCOUNT_CLAIMED",
        }
    }
}

/// A refresh token somebody presents, of a session that goes on.
#[derive(Clone, Copy, Debug)]
pub struct Presented {
    /// When it was exchanged.
    pub used_at: Option<DateTime<Utc>>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// What follows from a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It buys new tokens.
    Rotate,
    /// It was used before: its session ends.
    Reused,
    /// It is good for nothing.
    Refused,
}

impl Presented {
    /// Judges the token. A used one is told apart even when it is old, since it betrays that somebody kept it.
    pub fn judge(&self, now: DateTime<Utc>) -> Verdict {
        match self {
            Self { used_at: Some(_), .. } => Verdict::Reused,
            Self { expires_at, .. } if *expires_at <= now => Verdict::Refused,
            _ => Verdict::Rotate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_provider_who_has_just_spoken_replaces_a_password() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let ago = |minutes| now - TimeDelta::minutes(minutes);
        assert!(Proof::replaces_password("PROVIDER", ago(9), now));
        assert!(!Proof::replaces_password("PROVIDER", ago(10), now));
        assert!(!Proof::replaces_password("PASSWORD", ago(0), now));
    }

    #[test]
    fn a_refresh_token_works_once_and_in_time() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let (soon, past) = (now + TimeDelta::seconds(1), now - TimeDelta::seconds(1));
        for (used_at, expires_at, verdict) in [
            (None, soon, Verdict::Rotate),
            (None, now, Verdict::Refused),
            (None, past, Verdict::Refused),
            (Some(past), soon, Verdict::Reused),
            (Some(past), past, Verdict::Reused),
        ] {
            let token = Presented { used_at, expires_at };
            assert_eq!(token.judge(now), verdict, "{token:?}");
        }
    }
}
