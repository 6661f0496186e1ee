//! The tables as rows, one file each.

pub mod identities;
pub mod login_attempts;
pub mod oidc_flows;
pub mod refresh_tokens;
pub mod sessions;
pub mod signing_keys;
pub mod spent_id_tokens;
pub mod users;
