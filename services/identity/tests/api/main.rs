//! Identity through its own contract: every rule, over the layers that a real request passes.

mod accounts;
mod guessing;
mod house;
mod keys;
mod sessions;
