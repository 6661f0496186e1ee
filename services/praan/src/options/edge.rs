//! The public door, and who comes in by it.

use std::path::PathBuf;

use clap::Args;

use super::Switch;
use crate::secret::Secret;

/// The options of the public door.
#[derive(Clone, Args)]
#[command(next_help_heading = "Edge")]
pub struct Edge {
    /// The certificate that the public door shows, with its chain (PEM), for TLS 1.3; read anew when it changes. Left out, the door
    /// speaks in the clear, and a proxy with TLS stands in front.
    #[arg(long, env = "PRAAN_EDGE_TLS_CERT_FILE", value_name = "FILE", requires = "edge_tls_key")]
    pub edge_tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, env = "PRAAN_EDGE_TLS_KEY_FILE", value_name = "FILE", requires = "edge_tls_cert")]
    pub edge_tls_key: Option<PathBuf>,
    /// Whether requests are limited: 100 a minute per user, 60 on POST /api/v1/logs, and per address 30 on each way to sign in.
    /// `off` is for load tests on loopback.
    #[arg(long, env = "PRAAN_RATE_LIMITS", default_value = "on", value_name = "ON|OFF")]
    pub rate_limits: Switch,
    /// Web origins that may call from a browser, comma-separated, such as https://app.example.org; none by default.
    #[arg(long, env = "PRAAN_CORS_ORIGINS", value_delimiter = ',', value_name = "ORIGIN", value_parser = origin)]
    pub cors_origins: Vec<String>,
    /// How many proxies of yours stand in front and add to X-Forwarded-For; with 0 that header is not believed.
    #[arg(long, env = "PRAAN_PROXIES", default_value_t = 0, value_name = "COUNT")]
    pub proxies: usize,
    /// How many connections the public door holds at once; the next one is closed at once.
    #[arg(long, env = "PRAAN_CONNECTIONS", default_value_t = gateway::CONNECTIONS, value_name = "COUNT", value_parser = positive)]
    pub connections: usize,
    /// How many of these one address may have, or of IPv6 one network of 64 bits. Nobody counts where --proxies names any, since all
    /// connections come from them then; let them count.
    #[arg(long, env = "PRAAN_CONNECTIONS_PER_CLIENT", default_value_t = gateway::CONNECTIONS_PER_CLIENT, value_name = "COUNT", value_parser = positive)]
    pub connections_per_client: usize,
    /// For how many seconds a connection is kept, a tenth more or less: then HTTP/1.1 is told with an answer that it was the last, and
    /// HTTP/2 by GOAWAY. Streams may go on for five minutes.
    #[arg(long, env = "PRAAN_CONNECTION_AGE", default_value_t = gateway::CONNECTION_AGE.as_secs() as usize, value_name = "SECONDS", value_parser = positive)]
    pub connection_age: usize,
    /// How many requests each service is given at once. What is critical, such as signing in and logging, may have every place; lists and
    /// exports may have half.
    #[arg(long, env = "PRAAN_REQUESTS_AT_ONCE", default_value_t = gateway::Capacity::default().at_once, value_name = "COUNT", value_parser = positive)]
    pub requests_at_once: usize,
    /// How many more may wait for a place, for half a second at most; whoever gets none is answered 503 with Retry-After.
    #[arg(long, env = "PRAAN_REQUESTS_WAITING", default_value_t = gateway::Capacity::default().waiting, value_name = "COUNT")]
    pub requests_waiting: usize,
    /// The secret, 32 characters or more, by which operators may have one request logged in full, in every process it passes: with a
    /// token of `praan debug-token` in the header X-Praan-Debug. Left out, that header means nothing.
    #[arg(long, env = "PRAAN_DEBUG_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub debug_secret: Option<Secret>,
}

/// The options of identity and, of whom it takes for whom, of family.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct SignIn {
    /// Whether people may register and log in by password; with `off` both answer 404.
    #[arg(long, env = "PRAAN_PASSWORDS", default_value = "on", value_name = "ON|OFF")]
    pub passwords: Switch,
    /// Whether grants and invitations go to those alone whose e-mail address an identity provider has vouched for. With `off`,
    /// whoever registers an address by password first is taken for its owner.
    #[arg(long, env = "PRAAN_PROVED_ADDRESSES_ONLY", default_value = "off", value_name = "ON|OFF")]
    pub proved_addresses_only: Switch,
    /// The file, in JSON, of the identity providers people may sign in by, such as Google and Apple; none by default.
    #[arg(long, env = "PRAAN_OIDC_PROVIDERS_FILE", value_name = "FILE")]
    pub oidc_providers_file: Option<PathBuf>,
}

fn origin(text: &str) -> Result<String, String> {
    let uri: tonic::transport::Uri =
        text.parse().map_err(|_| "must be an origin such as https://app.example.org")?;
    let plain =
        uri.scheme().is_some() && uri.authority().is_some() && uri.path() == "/" && !text.ends_with('/');
    if plain {
        Ok(text.to_owned())
    } else {
        Err("must be an origin such as https://app.example.org, without a path".into())
    }
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "must be a number above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_at_all_is_no_limit_that_serves() {
        assert_eq!(positive("1"), Ok(1));
        assert!(["0", "-1", "many", ""].iter().all(|bad| positive(bad).is_err()));
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!(origin("https://app.example.org").is_ok());
        assert!(origin("http://localhost:4200").is_ok());
        for bad in ["*", "app.example.org", "https://app.example.org/", "https://app.example.org/x", ""] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
