use ai_inference::ImageUploaded;
use backends::queue::rabbitmq::envelope::{exhume, first, last, next, open};
use backends::queue::{DeadLetter, Message};
use lapin::protocol::basic::parse_properties;

/// The bytes are the properties of a delivery as AMQP writes them, and then its body.
pub fn amqp(data: &[u8]) {
    let Ok((body, properties)) = parse_properties(data) else { return };
    let letter = exhume(&properties, body);
    assert_eq!(letter.message.body, body, "a dead letter keeps its body, whoever it is from");
    let Some(message) = open(&properties, body) else {
        return assert!(letter.message.id.is_nil(), "what is not from us has no id");
    };
    assert_eq!(letter.message, message);
    comes_again(&message);
    if let Err(error) = message.read::<ImageUploaded>() {
        tells_the_place_alone(&message, &error);
    }
}

/// A message that goes out again comes in as it was.
fn comes_again(message: &Message) {
    let mut fresh = message.clone();
    (fresh.attempt, fresh.last_attempt) = (1, false);
    assert_eq!(open(&first(message), &message.body).as_ref(), Some(&fresh));
    fresh.attempt = message.attempt.saturating_add(1);
    assert_eq!(open(&next(message), &message.body), Some(fresh));
    for reason in ["failed at every attempt", "rejected"] {
        let letter = DeadLetter { message: message.clone(), reason };
        let found = exhume(&last(&letter), &message.body);
        assert_eq!((&found.message, found.reason), (message, reason));
    }
}

/// What is said of a body that cannot be read is where, and never what it says.
fn tells_the_place_alone(message: &Message, error: &chassis::Error) {
    let told = error.explained();
    let place = told.strip_prefix(&format!("message {}: ", message.id)).unwrap();
    let (class, column) = place.split_once(" at column ").unwrap();
    assert!(["Syntax", "Data", "Eof"].contains(&class) && column.parse::<usize>().is_ok(), "{place}");
}
