use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, Kind};
use proto::descriptors;

use crate::faults::Faults;
use crate::rules::extension;

/// What a document repeats of another package is to be read as the other, number by number and under the same rules.
#[test]
fn what_a_record_says_of_goals_is_what_a_program_says() {
    let mut faults = Faults::default();
    let (mut seen, mut next) = (BTreeSet::new(), vec!["Config".to_owned()]);
    while let Some(name) = next.pop() {
        let message = |full_name: String| descriptors().get_message_by_name(&full_name).expect("a message");
        let planned = message(format!("praan.program.v1.{name}"));
        let recorded = message(format!("praan.logging.v1.Recorded{name}"));
        faults.unless(planned.fields().len() == recorded.fields().len(), &format!("{name}: fields"));
        for (field, theirs) in planned.fields().zip(recorded.fields()) {
            let said = |field: &FieldDescriptor| {
                let kind = match field.kind() {
                    Kind::Message(kind) => kind.name().trim_start_matches("Recorded").to_owned(),
                    Kind::Enum(kind) => kind.values().map(|value| value.name().to_owned()).collect(),
                    kind => format!("{kind:?}"),
                };
                (field.number(), field.name().to_owned(), field.cardinality(), kind)
            };
            faults.unless(said(&field) == said(&theirs), theirs.full_name());
            // the record's own version has bounds that the one that is shown needs not
            let same = extension(&field.options(), "buf.validate.field")
                == extension(&theirs.options(), "buf.validate.field");
            faults.unless(same || name == "Config", &format!("{}: rules", theirs.full_name()));
            if let Kind::Message(inner) = field.kind()
                && seen.insert(inner.name().to_owned())
            {
                next.push(inner.name().to_owned());
            }
        }
    }
    assert!(seen.len() > 5, "{seen:?}");
    faults.none();
}
