//! Scores: whole hundredths of a point, so that equality is exact.

use serde::{Deserialize, Serialize};

/// A score, 0 to 10 000 hundredths of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(u16);

/// Where a total stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// 80 points and more.
    Good,
    /// 50 to below 80.
    Fair,
    /// Below 50.
    Poor,
}

/// Twelve decimals are far more than the rounding below can see, and far fewer than the noise of an `f64` reaches.
const FINE: f64 = 1e12;
const FINE_PER_HUNDREDTH: i64 = 100_000_000;

impl Score {
    /// The score of a share, 0 to 1, rounded half up.
    pub fn of(share: f64) -> Self {
        let fine = (share.clamp(0.0, 1.0) * FINE).round() as i64;
        Self(((fine + FINE_PER_HUNDREDTH / 2) / FINE_PER_HUNDREDTH) as u16)
    }

    /// A score that was stored.
    pub fn stored(hundredths: i32) -> Self {
        Self(hundredths.clamp(0, 10_000) as u16)
    }

    /// Hundredths of a point.
    pub fn hundredths(self) -> i32 {
        self.0.into()
    }

    /// Points, 0 to 100, with at most two decimals.
    pub fn points(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// The share, 0 to 1, with at most four decimals.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// Where it stands.
    pub fn band(self) -> Band {
        match self.0 {
            8_000.. => Band::Good,
            5_000.. => Band::Fair,
            _ => Band::Poor,
        }
    }

    /// The mean of scores, rounded half up; none of none.
    pub fn mean(scores: impl IntoIterator<Item = Score>) -> Option<Self> {
        let (sum, count) =
            scores.into_iter().fold((0, 0), |(sum, count), score| (sum + i64::from(score.0), count + 1));
        (count > 0).then(|| Self(((2 * sum + count) / (2 * count)) as u16))
    }
}

/// The weighted mean of the shares that are known, in the order they are given; none when none is known.
pub fn weighted(shares: impl IntoIterator<Item = (i64, Option<f64>)>) -> Option<f64> {
    let mut weights = 0;
    let mut sum = 0.0;
    for (weight, share) in shares {
        if let Some(share) = share {
            weights += weight;
            sum += weight as f64 * share;
        }
    }
    (weights > 0).then(|| sum / weights as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up_and_ties_are_ties() {
        let cases = [
            (0.0, 0),
            (1.0, 10_000),
            (1.0 / 3.0, 3_333),
            (2.0 / 3.0, 6_667),
            (0.00005, 1),
            (0.000_049_999, 0),
            // 0.285 * 10 is 2.8499999999999996 in binary, and yet a tie
            (0.285 * 10.0 / 10_000.0, 3),
            (0.1 + 0.2 - 0.3 + 0.00005, 1),
            (1.000_000_000_1, 10_000),
            (-0.1, 0),
        ];
        for (share, expected) in cases {
            assert_eq!(Score::of(share).hundredths(), expected, "{share}");
        }
    }

    #[test]
    fn bands_begin_at_eighty_and_fifty() {
        let cases = [
            (10_000, Band::Good),
            (8_000, Band::Good),
            (7_999, Band::Fair),
            (5_000, Band::Fair),
            (4_999, Band::Poor),
        ];
        for (hundredths, band) in cases {
            assert_eq!(Score(hundredths).band(), band);
        }
        assert_eq!(Score(0).band(), Band::Poor);
    }

    #[test]
    fn the_mean_rounds_half_up() {
        let mean = |all: &[u16]| Score::mean(all.iter().map(|n| Score(*n))).map(Score::hundredths);
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[7]), Some(7));
        assert_eq!(mean(&[1, 2]), Some(2));
        assert_eq!(mean(&[0, 0, 1]), Some(0));
        assert_eq!(mean(&[10_000, 10_000]), Some(10_000));
    }

    #[test]
    fn what_is_unknown_has_no_weight() {
        assert_eq!(weighted([]), None);
        assert_eq!(weighted([(1_000, None)]), None);
        assert_eq!(weighted([(1_000, Some(1.0)), (9_000, None)]), Some(1.0));
        assert_eq!(weighted([(3_000, Some(1.0)), (1_000, Some(0.0))]), Some(0.75));
    }
}
