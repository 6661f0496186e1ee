//! What became of the operations of clients.

use std::collections::BTreeMap;
use std::fmt;

use integration_tests::fleet::Fault;

/// Counts of operations, and of the answers to them; an operation is sent several times before its client gives up for now.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub operations: usize,
    pub well: usize,
    /// Reads that had another answer than they should.
    pub failed_reads: usize,
    /// Answers of the door, by status.
    pub answers: BTreeMap<String, usize>,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.operations += other.operations;
        self.well += other.well;
        self.failed_reads += other.failed_reads;
        for (class, count) in &other.answers {
            *self.answers.entry(class.clone()).or_default() += count;
        }
    }

    /// Holds it against what is promised of the fault.
    pub fn check(&self, name: &str, fault: Fault) {
        let told = |class: &str| self.answers.get(class).copied().unwrap_or_default();
        let errors: usize = self.answers.values().sum::<usize>() - told("2xx");
        assert_eq!(told("500"), 0, "{name} {fault:?}: {self}");
        assert!(self.well * 2 >= self.operations, "{name} {fault:?}: too few went well: {self}");
        if fault == Fault::Kill && matches!(name, "redis" | "rabbitmq" | "inference-worker") {
            assert_eq!(errors, 0, "{name} {fault:?}: no request may notice: {self}");
        }
        if fault == Fault::Kill && name == "replica" {
            assert_eq!(self.failed_reads, 0, "{name} {fault:?}: no read may notice: {self}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} well; {:?}", self.operations, self.well, self.answers)
    }
}
