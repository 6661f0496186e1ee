//! A mesh inside the test.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chassis::Foundation;
use praan::house::{self, Lit, Plan};
use praan::options::{Edge, Remotes, Servers, Service, Storage, Switch};
use tempfile::TempDir;

use crate::Api;

/// A running mesh with its data in a folder of its own. It stops when the test drops it.
pub struct House {
    /// Where its door is, such as `http://127.0.0.1:40123`.
    pub url: String,
    /// The clock and the tasks.
    pub foundation: Foundation,
    _lit: Lit,
    _folder: TempDir,
}

impl House {
    /// Every service in this process, on embedded backends, without rate limits.
    pub async fn one_process() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, with the edge changed.
    pub async fn with(change: impl FnOnce(&mut Edge)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut edge = Edge { rate_limits: Switch::Off, cors_origins: Vec::new(), proxies: 0 };
        change(&mut edge);
        let data_dir = folder.path().to_owned();
        let storage = Storage { data_dir, objects_listen: free, key_encryption_key_file: None, servers: Servers::default() };
        let plan = Plan { here: Service::all(), listen: free, remotes: Remotes::default(), edge, storage };
        let foundation = Foundation::system();
        let lit = house::light(&plan, &foundation).await.expect("the house lights up");
        Self { url: format!("http://{}", lit.address), foundation, _lit: lit, _folder: folder }
    }

    /// A new account.
    pub async fn sign_up(&self) -> Api {
        Api::sign_up(&self.url).await
    }

    /// A channel for typed gRPC clients.
    pub async fn channel(&self) -> tonic::transport::Channel {
        let endpoint = tonic::transport::Endpoint::from_shared(self.url.clone()).expect("a URL");
        endpoint.connect().await.expect("the door is open")
    }

    /// Stops, and says whether everything ended in time.
    pub async fn stop(self) -> bool {
        self.foundation.tasks.stop(Duration::from_secs(20)).await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.foundation.tasks.token().cancel();
    }
}
