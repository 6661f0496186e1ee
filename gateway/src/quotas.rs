//! How many requests a minute one caller may send, as far as it may change while the process runs.

use std::collections::BTreeMap;

use chassis::Error;
use serde::Deserialize;
use tokio::sync::watch;

use crate::contract::{Contract, Method};

/// The most that can be asked for, a minute.
const MOST: u32 = 1_000_000;

/// The requests a minute one caller may send.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Of a user, over everything; 100 by default.
    pub per_user: u32,
    /// Of an address that is no user's, over everything; 100 by default.
    pub per_address: u32,
    /// To one route, such as `POST /api/v1/logs`, in place of what the contract says of it.
    pub routes: BTreeMap<String, u32>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { per_user: 100, per_address: 100, routes: BTreeMap::new() }
    }
}

impl Quotas {
    /// The defaults, which never change.
    pub fn fixed() -> watch::Receiver<Self> {
        watch::channel(Self::default()).1
    }

    /// Fails when a number is out of range, or a route is none of the contract's.
    pub fn check(&self) -> Result<(), Error> {
        let of_routes = self.routes.iter().map(|(route, most)| (route.as_str(), *most));
        let all =
            [("per_user", self.per_user), ("per_address", self.per_address)].into_iter().chain(of_routes);
        for (name, most) in all {
            if !(1..=MOST).contains(&most) {
                return Err(Error::invalid(name, format!("must be 1 to {MOST} requests a minute")));
            }
        }
        if self.routes.is_empty() {
            return Ok(());
        }
        let contract = Contract::read(proto::descriptors())?;
        let known: Vec<_> = contract.methods().map(|method| name_of(method)).collect();
        match self.routes.keys().find(|route| !known.contains(route)) {
            Some(stranger) => {
                Err(Error::invalid(stranger, "is no route; they are written as POST /api/v1/logs"))
            }
            None => Ok(()),
        }
    }

    /// What one caller may send to a method; 0 sets no limit of its own.
    pub(crate) fn of_method(&self, method: &Method) -> u32 {
        // most houses name no route, and then no name has to be written
        let own = if self.routes.is_empty() { None } else { self.routes.get(&name_of(method)) };
        own.copied().unwrap_or(method.per_minute)
    }
}

/// A route as an operator writes it.
fn name_of(method: &Method) -> String {
    format!("{} {}", method.verb, method.route)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Quotas, String> {
        let quotas: Quotas = serde_json::from_str(text).map_err(|error| error.to_string())?;
        quotas.check().map_err(|error| error.to_string())?;
        Ok(quotas)
    }

    #[test]
    fn what_could_not_be_meant_is_refused() {
        assert_eq!(read("{}").unwrap(), Quotas::default());
        assert_eq!(read(r#"{"per_user": 200, "routes": {"POST /api/v1/logs": 120}}"#).unwrap().per_user, 200);
        for (bad, wanted) in [
            (r#"{"per_user": 0}"#, "per_user"),
            (r#"{"per_address": 1000001}"#, "per_address"),
            (r#"{"per_users": 1}"#, "per_users"),
            (r#"{"routes": {"POST /api/v1/log": 1}}"#, "POST /api/v1/log"),
            (r#"{"routes": {"POST /api/v1/logs": -1}}"#, "-1"),
        ] {
            let said = read(bad).unwrap_err();
            assert!(said.contains(wanted), "{bad}: {said}");
        }
    }
}
