/// How much it matters that a request is answered, the most critical first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// May have every place.
    Critical,
    /// Leaves an eighth of the places to what is critical.
    Plain,
    /// Has half of the places at most.
    Sheddable,
}

impl Class {
    /// All, the most critical first.
    pub const ALL: [Class; 3] = [Class::Critical, Class::Plain, Class::Sheddable];

    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Class::Critical => "critical",
            Class::Plain => "plain",
            Class::Sheddable => "sheddable",
        }
    }

    /// How many of all places it may fill, itself and all that is less critical.
    pub fn share(self, all: usize) -> usize {
        match self {
            Class::Critical => all,
            Class::Plain => all - all / 8,
            Class::Sheddable => all.div_ceil(2),
        }
    }
}
