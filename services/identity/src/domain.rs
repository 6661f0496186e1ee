//! What identity decides, apart from where it is kept and how it is asked.

pub mod account;
pub mod lockout;
pub mod session;
