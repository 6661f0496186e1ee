//! How the processes of a mesh reach and know each other.

use std::path::PathBuf;

use clap::Args;

/// Where services that stand elsewhere are reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Other services")]
pub struct Remotes {
    /// Where identity is, such as http://identity:8080.
    #[arg(long, env = "PRAAN_IDENTITY_URL", value_name = "URL")]
    pub identity_url: Option<tonic::transport::Uri>,
    /// Where family is.
    #[arg(long, env = "PRAAN_FAMILY_URL", value_name = "URL")]
    pub family_url: Option<tonic::transport::Uri>,
    /// Where program is.
    #[arg(long, env = "PRAAN_PROGRAM_URL", value_name = "URL")]
    pub program_url: Option<tonic::transport::Uri>,
    /// Where adherence is.
    #[arg(long, env = "PRAAN_ADHERENCE_URL", value_name = "URL")]
    pub adherence_url: Option<tonic::transport::Uri>,
    /// Where ai-inference is.
    #[arg(long, env = "PRAAN_AI_INFERENCE_URL", value_name = "URL")]
    pub ai_inference_url: Option<tonic::transport::Uri>,
    /// Where logging is.
    #[arg(long, env = "PRAAN_LOGGING_URL", value_name = "URL")]
    pub logging_url: Option<tonic::transport::Uri>,
}

/// How the processes of a mesh know each other. With these three, the services that stand here let in only those who show a
/// certificate of the authority, and the others are reached at https:// addresses only.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Mutual TLS between services")]
pub struct Tls {
    /// The certificate that this process shows, with its chain (PEM); needs the key and the authority too.
    #[arg(long, env = "PRAAN_TLS_CERT_FILE", value_name = "FILE", requires_all = ["tls_key", "tls_ca"])]
    pub tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, env = "PRAAN_TLS_KEY_FILE", value_name = "FILE", requires_all = ["tls_cert", "tls_ca"])]
    pub tls_key: Option<PathBuf>,
    /// The certificates of the authority that the others must be signed by (PEM).
    #[arg(long, env = "PRAAN_TLS_CA_FILE", value_name = "FILE", requires_all = ["tls_cert", "tls_key"])]
    pub tls_ca: Option<PathBuf>,
}
