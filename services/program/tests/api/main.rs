//! Program through its own contract, over the layers that a real request passes, with a stand-in for family.

mod access;
mod configs;
mod house;
mod lists;
mod programs;
mod states;
mod tokens;
mod upstream;
