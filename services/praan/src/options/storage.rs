//! Where things rest.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::Databases;
use crate::secret::Secret;

/// Where things rest: embedded in the data folder, or, for each of the four that is named, on a server.
#[derive(Clone, Args)]
#[command(next_help_heading = "Storage")]
pub struct Storage {
    /// The folder of the embedded databases, photos and keys; made when missing.
    #[arg(long, env = "PRAAN_DATA_DIR", default_value = "./.praan", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// Where the embedded object store takes photos; port 0 picks a free one.
    #[arg(long, env = "PRAAN_OBJECTS_LISTEN", default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub objects_listen: SocketAddr,
    /// The file with the key, 32 bytes in base64, that signing keys are encrypted with; by default it is made in the data folder.
    /// To replace it, put the new one below it in every process, then, in a second roll-out, above it; after 32 days the old one may go.
    #[arg(long, env = "PRAAN_KEY_ENCRYPTION_KEY_FILE", value_name = "FILE")]
    pub key_encryption_key_file: Option<PathBuf>,
    /// The file with the key, 32 bytes in base64, that audit checkpoints are signed with, the same for every process; by default it is made
    /// in the data folder. To replace it, put the new one above it; the old one stays, to check what it signed.
    #[arg(long, env = "PRAAN_AUDIT_KEY_FILE", value_name = "FILE")]
    pub audit_key_file: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub servers: Servers,
}

/// Servers in place of what is embedded.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Servers (each replaces what is embedded)")]
pub struct Servers {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub databases: Databases,
    /// RabbitMQ, such as amqp://praan:secret@rabbitmq:5672/%2f.
    #[arg(long, env = "PRAAN_AMQP_URL", hide_env_values = true, value_name = "URL")]
    pub amqp_url: Option<Secret>,
    /// Redis, such as redis://redis:6379; several, comma-separated, are the nodes of a cluster.
    #[arg(long, env = "PRAAN_REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<Secret>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub s3: S3,
}

/// Any S3.
#[derive(Clone, Default, Args)]
pub struct S3 {
    /// The S3 endpoint, such as https://s3.ap-south-1.amazonaws.com; needs the bucket and the credentials too.
    #[arg(long, env = "PRAAN_S3_ENDPOINT", value_name = "URL", requires_all = ["s3_bucket", "aws_access_key_id", "aws_secret_access_key"])]
    pub s3_endpoint: Option<String>,
    /// The endpoint as clients reach it, which signed links are bound to; left out, as --s3-endpoint.
    #[arg(long, env = "PRAAN_S3_PUBLIC_ENDPOINT", value_name = "URL")]
    pub s3_public_endpoint: Option<String>,
    /// The bucket; it must exist.
    #[arg(long, env = "PRAAN_S3_BUCKET", value_name = "NAME")]
    pub s3_bucket: Option<String>,
    /// The region of the bucket.
    #[arg(long, env = "PRAAN_S3_REGION", default_value = "us-east-1", value_name = "REGION")]
    pub s3_region: String,
    /// The access key.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide_env_values = true, value_name = "KEY")]
    pub aws_access_key_id: Option<Secret>,
    /// The secret key.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "KEY")]
    pub aws_secret_access_key: Option<Secret>,
}

impl Servers {
    /// The options that name a server by which health data would travel in the clear.
    pub fn in_the_clear(&self) -> Vec<&'static str> {
        let safe = |urls: &str, begins: &str| urls.split(',').all(|url| url.trim().starts_with(begins));
        let mut plain = self.databases.in_the_clear();
        for (option, urls, begins) in [
            ("--amqp-url", self.amqp_url.as_ref().map(Secret::reveal), "amqps://"),
            ("--redis-url", self.redis_url.as_ref().map(Secret::reveal), "rediss://"),
            ("--s3-endpoint", self.s3.s3_endpoint.as_deref(), "https://"),
            ("--s3-public-endpoint", self.s3.s3_public_endpoint.as_deref(), "https://"),
        ] {
            if urls.is_some_and(|urls| !safe(urls, begins)) {
                plain.push(option);
            }
        }
        plain
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::options::Praan;

    #[test]
    fn every_server_that_is_spoken_to_in_the_clear_is_named() {
        let plain = |line: &str| {
            let up = Praan::try_parse_from(format!("praan {line}").split_whitespace()).unwrap().up.common;
            up.storage.servers.in_the_clear()
        };
        let keys = "--s3-bucket b --aws-access-key-id a --aws-secret-access-key s";
        assert!(plain("").is_empty(), "what is embedded never leaves the process");
        let safe = "--database-url postgres://h/d?sslmode=verify-full --amqp-url amqps://h --redis-url rediss://a,rediss://b \
                    --s3-endpoint https://s";
        assert!(plain(&format!("{safe} {keys}")).is_empty());
        let unsafe_ = "--database-url postgres://h/d?sslmode=require --database-replica-urls \
                       postgres://h/d?sslmode=verify-full,postgres://h/e --logging-database-url postgres://h/d \
                       --amqp-url amqp://h --redis-url rediss://a,redis://b --s3-endpoint http://s --s3-public-endpoint http://s";
        let named = plain(&format!("{unsafe_} {keys}"));
        let all = [
            "--database-url",
            "--database-replica-urls",
            "--logging-database-url",
            "--amqp-url",
            "--redis-url",
        ];
        assert_eq!(named, [&all[..], &["--s3-endpoint", "--s3-public-endpoint"]].concat());
    }
}
