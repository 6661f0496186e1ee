use std::sync::Arc;

use backends::Cache;
use backends::cache::memory::MemoryCache;
use chassis::clock::Clock;

use super::Adapter;

/// The cache inside the process.
#[derive(Default)]
pub struct Memory;

impl Adapter for Memory {
    async fn open(&self, clock: &Clock) -> Arc<dyn Cache> {
        MemoryCache::new(clock)
    }
}

super::cache_suite!(stamp: Memory);
