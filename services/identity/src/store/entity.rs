//! The tables as rows, one file each.

pub mod login_attempts;
pub mod refresh_tokens;
pub mod sessions;
pub mod signing_keys;
pub mod users;
