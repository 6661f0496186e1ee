use std::time::Duration;

use uuid::Uuid;

/// How long to wait after the `failures`-th failure in a row: `base`, doubled each time, `most` at most. Up to half of it is left
/// to chance, so that those who failed together do not come back together.
pub fn after(failures: u32, base: Duration, most: Duration) -> Duration {
    let doubled =
        base.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)).min(most);
    // a version 4 id brings random bits without another dependency; the last sixteen hold neither version nor variant
    let chance = (Uuid::new_v4().as_u128() & 0xffff) as u32;
    doubled - doubled.mul_f64(f64::from(chance) / f64::from(0x2_0000_u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_the_most_and_never_falls_below_half() {
        let (base, most) = (Duration::from_millis(200), Duration::from_secs(5));
        for (failures, full) in [(1, 200), (2, 400), (3, 800), (5, 3200), (6, 5000), (40, 5000)] {
            let full = Duration::from_millis(full);
            for _ in 0..50 {
                let wait = after(failures, base, most);
                assert!(wait <= full && wait >= full / 2, "{failures}: {wait:?}");
            }
        }
    }
}
