//! What family decides, apart from where it is kept and how it is asked.

pub mod access;
pub mod family;
pub mod grant;
pub mod invitation;
pub mod member;
