//! The tables as rows, one file each.

pub mod families;
pub mod family_managers;
pub mod grants;
pub mod invitations;
pub mod members;
