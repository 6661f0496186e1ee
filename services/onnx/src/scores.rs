//! From what a model puts out to how sure it is.

/// What a model holds to be the likeliest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Top {
    /// Which of its outputs.
    pub nth: usize,
    /// How sure it is, 0 to 1.
    pub probability: f64,
}

/// The likeliest output; none where one is no number, for then all the others say nothing either.
pub fn top(scores: &[f32]) -> Option<Top> {
    if scores.iter().any(|score| !score.is_finite()) {
        return None;
    }
    let likeliest = probabilities(scores).into_iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    likeliest.map(|(nth, probability)| Top { nth, probability })
}

/// By softmax; what adds up to one already went through it within the model.
fn probabilities(scores: &[f32]) -> Vec<f64> {
    let scores: Vec<f64> = scores.iter().map(|score| f64::from(*score)).collect();
    let sum: f64 = scores.iter().sum();
    if (sum - 1.0).abs() < 1e-3 && scores.iter().all(|score| (0.0..=1.0).contains(score)) {
        return scores;
    }
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_scores_become_probabilities_and_probabilities_stay_what_they_are() {
        let raw = top(&[0.0, 2.0, 1.0]).unwrap();
        assert_eq!(raw.nth, 1);
        assert!((raw.probability - 0.6652).abs() < 1e-4, "{raw:?}");
        assert_eq!(top(&[0.125, 0.125, 0.75]), Some(Top { nth: 2, probability: 0.75 }));
        assert_eq!(top(&[1e30, -1e30]), Some(Top { nth: 0, probability: 1.0 }));
    }

    #[test]
    fn where_one_is_no_number_none_is_the_likeliest() {
        for scores in [&[0.5, f32::NAN, 0.5][..], &[f32::INFINITY, 0.0], &[0.0, f32::NEG_INFINITY], &[]] {
            assert_eq!(top(scores), None, "{scores:?}");
        }
    }
}
