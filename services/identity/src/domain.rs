//! What identity decides, apart from where it is kept and how it is asked.

pub mod account;
pub mod id_token;
pub mod lockout;
pub mod password;
pub mod rotation;
pub mod session;
