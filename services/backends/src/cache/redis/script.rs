use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, Script as Hashed, ServerErrorKind, cmd};

/// A script on one key, so that it runs on any server of a cluster.
pub struct Script {
    code: &'static str,
    hash: String,
}

impl Script {
    pub fn new(code: &'static str) -> Self {
        Self { code, hash: Hashed::new(code).get_hash().to_owned() }
    }

    /// Runs it by its hash; a server that does not know it, new or restarted, is sent the text once.
    pub async fn run<T: FromRedisValue>(
        &self,
        link: &mut impl ConnectionLike,
        key: &str,
        with_arguments: impl Fn(&mut Cmd),
    ) -> RedisResult<T> {
        let command = |verb: &str, script: &str| {
            let mut command = cmd(verb);
            command.arg(script).arg(1).arg(key);
            with_arguments(&mut command);
            command
        };
        match command("EVALSHA", &self.hash).query_async(link).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                command("EVAL", self.code).query_async(link).await
            }
            answer => answer,
        }
    }
}
