//! The score as a pure function of the logs and the plan: no clock, no database, no order.
//!
//! Why equality is exact. Every value is turned into whole thousandths at the door ([`thousandths`]) and summed as an integer,
//! so that no order of addition shows. From those sums the shares are computed in `f64`, always in the order of the plan, and a
//! share becomes a score in whole hundredths of a point ([`score::Score`]) by rounding half up after the binary noise beyond the
//! twelfth decimal is cut off; so a tie is a tie however it was computed.

pub mod clinical;
pub mod day;
pub mod event;
pub mod goals;
pub mod history;
pub mod leaderboard;
pub mod nutrition;
pub mod plan;
pub mod score;
pub mod sight;
pub mod standing;
pub mod strength;
pub mod summary;
pub mod week;

/// Whole thousandths of a value, halves away from zero.
pub fn thousandths(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

/// Whole thousandths of a value that is above zero and must stay so: what is less than one counts as one.
pub fn some_thousandths(value: f64) -> i64 {
    thousandths(value).max(1)
}

#[cfg(test)]
pub(crate) mod fixture;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        let cases =
            [(0.0, 0), (0.0005, 1), (-0.0005, -1), (36.6, 36_600), (1.2344, 1_234), (20_000.0, 20_000_000)];
        for (value, expected) in cases {
            assert_eq!(thousandths(value), expected, "{value}");
        }
        assert_eq!(some_thousandths(0.0001), 1);
    }
}
