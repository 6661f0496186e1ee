//! What identity refuses, each in one place, so that two ways to the same refusal cannot differ by a letter.

use chassis::Error;

/// The address has an account; one that was deleted keeps its address until it is erased.
pub fn email_taken() -> Error {
    Error::conflict("this e-mail address has an account already")
}

/// Unknown address, wrong password, deleted account: nobody learns which.
pub fn wrong_credentials() -> Error {
    Error::unauthenticated("the e-mail address or the password is wrong")
}

/// The refresh token is unknown, used, old, or of a session that has ended.
pub fn stale_refresh_token() -> Error {
    Error::unauthenticated("the refresh token is not valid; sign in again")
}

/// The caller's account was deleted a moment ago.
pub fn account_gone() -> Error {
    Error::unauthenticated("the account has been deleted")
}
