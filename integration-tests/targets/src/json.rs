use std::sync::LazyLock;

use gateway::fuzzing::Transcoder;

use crate::protobuf;

/// The first line is verb and target of a request, what follows is its body. What the gateway makes of it is a message of the
/// contract, and its JSON makes the same message again.
pub fn json(data: &[u8]) {
    static DOOR: LazyLock<Transcoder> = LazyLock::new(|| Transcoder::new().unwrap());
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let Ok(line) = std::str::from_utf8(&data[..end]) else { return };
    let Some((verb, target)) = line.split_once(' ') else { return };
    let Some(asked) = DOOR.ask(verb, target, data.get(end + 1..).unwrap_or_default()) else { return };

    let valid = protobuf::is_valid(asked.name(), &asked.message);
    assert_ne!(valid, None, "the gateway wrote what is no {}", asked.name());
    if valid != Some(true) {
        // such as the year 10000, which a service refuses and JSON cannot say
        return;
    }
    let printed = asked.json().unwrap();
    let again = asked.instead(&printed).unwrap();
    assert!(
        protobuf::is_same(asked.name(), &asked.message, &again.message),
        "{}",
        String::from_utf8_lossy(&printed)
    );
    assert_eq!(again.json().unwrap(), printed);
}
