//! The rules of the contract, checked on the contract. Each test names everything that breaks its rule.

mod contract;
mod faults;
mod fields;
mod layout;
mod records;
mod routes;
mod rules;
