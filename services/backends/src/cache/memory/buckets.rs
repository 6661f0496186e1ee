use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::cache::{Rate, Taken};

/// How many buckets are kept, so that callers from ever new addresses cannot fill the memory.
const MOST: usize = 100_000;

/// The buckets, each as the instant at which it will be empty.
#[derive(Default)]
pub struct Buckets(Mutex<HashMap<String, i64>>);

impl Buckets {
    pub fn take(&self, bucket: &str, rate: Rate, wanted: u32, now: DateTime<Utc>) -> Taken {
        let now = now.timestamp_nanos_opt().unwrap_or(i64::MAX / 2);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(empty_at) = buckets.get_mut(bucket) {
            let (taken, next) = rate.judge(*empty_at, now, wanted);
            *empty_at = next;
            return taken;
        }
        if buckets.len() >= MOST {
            make_room(&mut buckets, now);
        }
        let (taken, next) = rate.judge(now, now, wanted);
        buckets.insert(bucket.to_owned(), next);
        taken
    }
}

/// Forgets empty buckets, which costs nothing, and if that is not enough the emptier half.
fn make_room(buckets: &mut HashMap<String, i64>, now: i64) {
    buckets.retain(|_, empty_at| *empty_at > now);
    if buckets.len() >= MOST {
        let mut instants: Vec<i64> = buckets.values().copied().collect();
        let middle = instants.len() / 2;
        let (_, &mut median, _) = instants.select_nth_unstable(middle);
        buckets.retain(|_, empty_at| *empty_at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_minute: 1, burst: 10 };

    #[test]
    fn a_flood_of_new_buckets_is_bounded_and_frees_no_full_one() {
        let buckets = Buckets::default();
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1);
        while buckets.take("guesser", RATE, 1, now).count > 0 {}
        for n in 0..MOST * 2 {
            buckets.take(&n.to_string(), RATE, 1, now);
        }
        assert!(buckets.0.lock().unwrap().len() <= MOST);
        assert_eq!(buckets.take("guesser", RATE, 1, now).count, 0);
    }
}
