use std::collections::BTreeSet;

/// What breaks a rule, gathered so that one run tells all.
#[derive(Default)]
pub struct Faults(BTreeSet<String>);

impl Faults {
    pub fn unless(&mut self, holds: bool, fault: &str) {
        if !holds {
            self.0.insert(fault.to_owned());
        }
    }

    #[track_caller]
    pub fn none(self) {
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}
