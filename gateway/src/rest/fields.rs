use crate::contract::{Contract, Kind, ShapeId};

/// Turns the path of a field, as a service names it, into the one REST knows: the case of a union is its content there, and
/// a oneof that was not given misses its tag.
pub fn rest_path(contract: &Contract, input: ShapeId, path: &str) -> String {
    let mut shape = Some(contract.shape(input));
    let mut shown = String::with_capacity(path.len());
    for step in path.split('.') {
        if !shown.is_empty() {
            shown.push('.');
        }
        let (name, rest) = step.split_at(step.find('[').unwrap_or(step.len()));
        let Some(here) = shape else {
            shown.push_str(step);
            continue;
        };
        let field = here.fields.iter().position(|field| field.name() == name);
        let union = here.unions.iter().find(|union| match field {
            Some(index) => union.cases.iter().any(|case| case.field == index),
            None => union.oneof == name,
        });
        shown.push_str(match (union, field) {
            (Some(union), Some(_)) => &union.content,
            (Some(union), None) => &union.tag,
            (None, _) => name,
        });
        shown.push_str(rest);
        if field.is_some_and(|index| matches!(here.fields[index].kind, Kind::Time | Kind::Mask)) {
            // one value over REST, so there is no path into it
            break;
        }
        shape = field.and_then(|index| match &here.fields[index].kind {
            Kind::Message(id) => Some(contract.shape(*id)),
            _ => None,
        });
    }
    shown
}
