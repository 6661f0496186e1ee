//! Two that are compared take turns, A B A B, so that what else the machine does befalls both; the ratio of each pair counts.

/// How many pairs.
pub const PAIRS: usize = 5;

/// What a ratio should be.
#[derive(Clone, Copy)]
pub enum Goal {
    /// At least the first, better the second.
    AtLeast(f64, f64),
    /// At most the first, better the second.
    AtMost(f64, f64),
}

/// The ratios of some pairs.
pub struct Ratios(Vec<f64>);

impl Ratios {
    /// Has both take turns; each tells a number.
    pub async fn of(mut a: impl AsyncFnMut() -> f64, mut b: impl AsyncFnMut() -> f64) -> Self {
        let mut ratios = Vec::new();
        for _ in 0..PAIRS {
            let (a, b) = (a().await, b().await);
            ratios.push(a / b);
        }
        ratios.sort_by(f64::total_cmp);
        Self(ratios)
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// Prints the middle, the range, and how that stands to the goal.
    pub fn tell(&self, name: &str, goal: Goal) {
        let (least, median, most) = (self.0[0], self.median(), self.0[self.0.len() - 1]);
        println!("  {name}: {median:.3} ({least:.3} to {most:.3}); {}", goal.judge(median));
    }
}

impl Goal {
    /// How a number stands to it.
    pub fn judge(self, number: f64) -> String {
        let (floor, wanted, sign) = match self {
            Self::AtLeast(floor, wanted) => (floor, wanted, "≥"),
            Self::AtMost(floor, wanted) => (floor, wanted, "≤"),
        };
        let word = match (self.fits(number, floor), self.fits(number, wanted)) {
            (_, true) => "as wanted",
            (true, false) => "above the floor",
            (false, false) => "MISSED",
        };
        format!("floor {sign} {floor}, wanted {sign} {wanted}: {word}")
    }

    fn fits(self, number: f64, goal: f64) -> bool {
        match self {
            Self::AtLeast(..) => number >= goal,
            Self::AtMost(..) => number <= goal,
        }
    }
}
