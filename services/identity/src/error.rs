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

/// Somebody who may have found the session open must not take the account over.
pub fn wrong_current_password() -> Error {
    Error::invalid("current_password", "is wrong")
}

/// There is nothing yet that shows whose session it is.
pub fn current_password_missing() -> Error {
    Error::invalid(
        "current_password",
        "must be given, unless this session began at an identity provider within the last ten minutes",
    )
}

/// The refresh token is unknown, used, old, or of a session that has ended.
pub fn stale_refresh_token() -> Error {
    Error::unauthenticated("the refresh token is not valid; sign in again")
}

/// The caller's account was deleted a moment ago.
pub fn account_gone() -> Error {
    Error::unauthenticated("the account has been deleted")
}

/// An operator has locked the account; told to nobody but its owner.
pub fn account_locked() -> Error {
    Error::unauthenticated("the account is locked; ask those who run this service")
}

/// The house is told to know no passwords.
pub fn passwords_off() -> Error {
    Error::not_found("signing in by password is switched off here; sign in by an identity provider")
}

/// The ID token is not what it should be; in which way, its sender need not learn.
pub fn bad_id_token() -> Error {
    Error::unauthenticated("the ID token is not valid")
}

/// The flow is unknown, over, or another's, or the provider does not stand by its code.
pub fn bad_flow() -> Error {
    Error::unauthenticated("this sign-in cannot be finished; begin it again")
}

/// The same whether the address has an account or not.
pub fn email_unverified() -> Error {
    Error::illegal_state(
        "the identity provider has not verified the e-mail address; verify it there, or sign in another way",
    )
}

/// There is nothing to know the account by.
pub fn email_missing() -> Error {
    Error::illegal_state(
        "the identity provider tells no e-mail address; let it share the address, or sign in another way",
    )
}
