//! The cache port.

mod entries;
mod listening;
mod memory;
mod redis;
mod taking;

use std::sync::Arc;

use backends::Cache;
use chassis::clock::Clock;

/// How to get a cache of one kind.
pub trait Adapter: Default + Send + Sync + 'static {
    /// An empty cache that goes by this clock.
    async fn open(&self, clock: &Clock) -> Arc<dyn Cache>;
}

/// The whole suite, for one adapter; stamped apart or together.
macro_rules! cache_suite {
    ($stamp:ident: $adapter:ty) => {
        crate::$stamp! { $adapter:
            crate::cache::entries::put_get_delete as an_entry_is_there_until_it_is_deleted,
            crate::cache::entries::newer_wins as an_older_version_never_replaces_a_newer,
            crate::cache::entries::race as of_many_versions_at_once_the_newest_stays,
            crate::cache::entries::any_version as versions_are_compared_to_the_last_bit,
            crate::cache::entries::any_bytes as a_value_is_any_bytes,
            crate::cache::entries::ttl as an_entry_ends_with_its_time,
            crate::cache::taking::exact as parallel_takes_are_counted_exactly,
            crate::cache::taking::leak as a_bucket_leaks_with_time,
            crate::cache::taking::judged as every_verdict_is_as_the_rule_has_it,
            crate::cache::taking::apart as buckets_are_apart,
            crate::cache::listening::hear as all_who_listen_hear_in_order,
            crate::cache::listening::nobody as nobody_listening_is_no_error,
        }
    };
}
use cache_suite;
