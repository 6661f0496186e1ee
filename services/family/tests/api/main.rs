//! Family through its own contract: every rule, over the layers that a real request passes.

mod access;
mod families;
mod grants;
mod house;
mod identity;
mod members;
