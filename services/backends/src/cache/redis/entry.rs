//! An entry as the server keeps it: version and end (µs since the epoch), 8 bytes each with the highest first, then the value.
//! `put_if_newer.lua` reads the same 16 bytes.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use chrono::{DateTime, TimeDelta, Utc};

use crate::cache::Entry;

const HEAD: usize = 16;

pub fn encode(version: i64, value: &[u8], ends_at: i64) -> Vec<u8> {
    let mut entry = Vec::with_capacity(HEAD + value.len());
    entry.put_i64(version);
    entry.put_i64(ends_at);
    entry.put_slice(value);
    entry
}

/// The entry, unless it has ended by now or is none of ours.
pub fn decode(kept: Vec<u8>, now: DateTime<Utc>) -> Option<Entry> {
    let mut kept = Bytes::from(kept);
    let version = kept.try_get_i64().ok()?;
    let ends_at = kept.try_get_i64().ok()?;
    (ends_at > now.timestamp_micros()).then_some(Entry { version, value: kept })
}

/// When an entry ends, in µs since the epoch.
pub fn ends_at(now: DateTime<Utc>, ttl: Duration) -> i64 {
    let end = TimeDelta::from_std(ttl).ok().and_then(|ttl| now.checked_add_signed(ttl));
    end.unwrap_or(DateTime::<Utc>::MAX_UTC).timestamp_micros()
}

/// How long the server keeps it, in ms: no less than it takes, nor more than it can count.
pub fn keep(ttl: Duration) -> u64 {
    const HUNDRED_YEARS: u64 = 100 * 365 * 24 * 3600 * 1000;
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, HUNDRED_YEARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_until_it_ends() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for version in [i64::MIN, -1, 0, i64::MAX] {
            let kept = encode(version, b"value", ends_at(now, Duration::from_secs(1)));
            let entry = Entry { version, value: Bytes::from_static(b"value") };
            assert_eq!(decode(kept.clone(), now), Some(entry));
            assert_eq!(decode(kept, now + TimeDelta::seconds(1)), None);
        }
        assert_eq!(decode(b"fifteen bytes..".to_vec(), now), None);
    }

    #[test]
    fn no_ttl_is_too_long_or_too_short() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert!(ends_at(now, Duration::MAX) > now.timestamp_micros());
        assert_eq!(ends_at(now, Duration::ZERO), 0);
        assert_eq!(keep(Duration::ZERO), 1);
        assert!(keep(Duration::MAX) < u64::MAX);
    }
}
