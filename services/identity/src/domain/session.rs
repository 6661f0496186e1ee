//! How long a session lives, and what a refresh token is still good for.

use chrono::{DateTime, TimeDelta, Utc};

/// How long an access token lives.
pub const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// How long a refresh token that nobody uses lives.
pub const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(30);

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user signed out.
    Logout,
    /// A refresh token was presented a second time: one of the two who have it is a thief.
    TokenReused,
    /// The user ended it from another session.
    Revoked,
    /// The account was deleted.
    AccountDeleted,
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
            Self::AccountDeleted => "ACCOUNT_DELETED",
            Self::AccountClaimed => "ACCOUNT_CLAIMED",
        }
    }
}

/// A refresh token somebody presents, with what is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Presented {
    /// When it was exchanged.
    pub used_at: Option<DateTime<Utc>>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// Whether its session has not ended and its account is not deleted.
    pub session_alive: bool,
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
            Self { session_alive: false, .. } => Verdict::Refused,
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
    fn a_refresh_token_works_once_in_time_and_while_its_session_lives() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let (soon, past) = (now + TimeDelta::seconds(1), now - TimeDelta::seconds(1));
        for (used_at, expires_at, session_alive, verdict) in [
            (None, soon, true, Verdict::Rotate),
            (None, now, true, Verdict::Refused),
            (None, past, true, Verdict::Refused),
            (None, soon, false, Verdict::Refused),
            (Some(past), soon, true, Verdict::Reused),
            (Some(past), past, true, Verdict::Reused),
            (Some(past), soon, false, Verdict::Refused),
        ] {
            let token = Presented { used_at, expires_at, session_alive };
            assert_eq!(token.judge(now), verdict, "{token:?}");
        }
    }
}
