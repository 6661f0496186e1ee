//! An address that may be called: https, or this very machine, so that no token and no secret ever travels in the clear.

use url::{Host, Url};

/// Such an address.
#[derive(Clone, Debug)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "must be an address such as https://id.example.org")?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
        if !safe || url.host().is_none() {
            return Err("must begin with https://");
        }
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("must have no fragment and no user");
        }
        Ok(Self(url))
    }

    /// The address.
    pub fn url(&self) -> Url {
        self.0.clone()
    }

    /// Where an issuer keeps its metadata (OpenID Connect Discovery, section 4).
    pub fn metadata(&self) -> Url {
        let mut url = self.url();
        let path = format!("{}/.well-known/openid-configuration", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_may_be_called() {
        for good in
            ["https://id.example.org", "http://127.0.0.1:5000/x", "http://localhost:1", "http://[::1]:1"]
        {
            assert!(Endpoint::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.org",
            "http://127.0.0.1.example.org",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://user@id.example.org",
            "https://id.example.org#x",
            "/in",
            "",
        ] {
            assert!(Endpoint::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn metadata_is_beneath_the_issuer() {
        for issuer in ["https://id/tenant", "https://id/tenant/"] {
            let metadata = Endpoint::parse(issuer).unwrap().metadata();
            assert_eq!(metadata.as_str(), "https://id/tenant/.well-known/openid-configuration");
        }
    }
}
