//! Who did best in the last seven days.

use super::score::Score;
use super::sight::Shown;
use super::summary::average;

/// Below this average coverage a score says too little to be compared.
const LEAST_COVERAGE: i32 = 5_000;

/// Somebody's last seven days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The member.
    pub member_id: i64,
    /// The member's name.
    pub name: String,
    /// The average total.
    pub score: Score,
    /// The average coverage.
    pub coverage: Score,
}

/// Somebody's place among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// 1 for the best; equal scores share a place, and the next one is further down by as many.
    pub rank: i32,
    /// Whether somebody else has the same.
    pub tied: bool,
    /// Whose it is.
    pub standing: Standing,
}

impl Standing {
    /// The standing of a member; none when too little is known of the days.
    pub fn of(member_id: i64, name: String, days: &[Shown]) -> Option<Self> {
        let coverage = Score::mean(days.iter().filter_map(|day| day.coverage))?;
        let score = average(days)?;
        (coverage.hundredths() >= LEAST_COVERAGE).then_some(Self { member_id, name, score, coverage })
    }
}

/// Ranks standings, best first; equal ones in the order of their members' ids.
pub fn rank(mut standings: Vec<Standing>) -> Vec<Place> {
    standings.sort_by_key(|standing| (std::cmp::Reverse(standing.score), standing.member_id));
    let scores: Vec<_> = standings.iter().map(|standing| standing.score).collect();
    let place = |standing: Standing| {
        let better = scores.iter().filter(|score| **score > standing.score).count();
        let equal = scores.iter().filter(|score| **score == standing.score).count();
        Place { rank: better as i32 + 1, tied: equal > 1, standing }
    };
    standings.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::day::{Day, Details};
    use crate::domain::fixture::day;
    use crate::domain::sight::Sight;
    use crate::domain::strength::Inputs;

    fn standing(member_id: i64, score: i32) -> Standing {
        Standing {
            member_id,
            name: format!("m{member_id}"),
            score: Score::stored(score),
            coverage: Score::stored(10_000),
        }
    }

    #[test]
    fn equal_scores_share_a_place_and_the_next_is_further_down() {
        let places = rank(vec![standing(4, 700), standing(3, 900), standing(2, 800), standing(1, 900)]);
        let seen: Vec<_> =
            places.iter().map(|place| (place.rank, place.tied, place.standing.member_id)).collect();
        assert_eq!(seen, [(1, true, 1), (1, true, 3), (3, false, 2), (4, false, 4)]);
        assert!(rank(Vec::new()).is_empty());
    }

    #[test]
    fn one_takes_part_from_half_coverage_on() {
        // a day that asks for strength, and knows it or not
        let shown = |known: bool| {
            let (of_it, strength) =
                (known.then_some(Score::stored(6_000)), Inputs { due: 0, half_credits: 0 });
            let details = Details { strength: Some(strength), ..Details::default() };
            let day = Day::new(day("2026-01-05"), [None, of_it, None, of_it, None], details);
            Sight::whole().day(&day, day.date)
        };
        let of = |days: &[bool]| {
            Standing::of(1, "m".into(), &days.iter().map(|known| shown(*known)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[true, false]).map(|standing| standing.coverage.hundredths()), Some(5_000));
        assert_eq!(of(&[true, false, false]), None);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[true]).map(|standing| standing.score.hundredths()), Some(6_000));
    }
}
