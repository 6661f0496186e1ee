//! A message as AMQP carries it.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use uuid::Uuid;

use crate::queue::{DeadLetter, Message};

const TRACE: &str = "traceparent";
const ATTEMPT: &str = "praan-attempt";
const LAST: &str = "praan-last-attempt";
const REASON: &str = "praan-reason";

/// Why a message is dead that no consumer gave up: the broker did.
const UNANSWERED: &str = "delivered too often without an answer";

/// Of a message that is published.
pub fn first(message: &Message) -> BasicProperties {
    properties(message, 1, FieldTable::default())
}

/// Of its copy for the next attempt.
pub fn next(message: &Message) -> BasicProperties {
    properties(message, message.attempt.saturating_add(1), FieldTable::default())
}

/// Of a dead letter.
pub fn last(letter: &DeadLetter) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(REASON.into(), AMQPValue::LongString(letter.reason.into()));
    headers.insert(LAST.into(), AMQPValue::Boolean(letter.message.last_attempt));
    properties(&letter.message, letter.message.attempt, headers)
}

fn properties(message: &Message, attempt: u32, mut headers: FieldTable) -> BasicProperties {
    headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(attempt.into()));
    if let Some(trace) = &message.traceparent {
        headers.insert(TRACE.into(), AMQPValue::LongString(trace.as_str().into()));
    }
    BasicProperties::default()
        .with_message_id(message.id.to_string().into())
        .with_type(message.topic.as_str().into())
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers)
}

const PERSISTENT: u8 = 2;

/// Reads a delivery; none when it is not from us.
pub fn open(properties: &BasicProperties, body: &[u8]) -> Option<Message> {
    let id = Uuid::try_parse(properties.message_id().as_ref()?.as_str()).ok()?;
    let topic = properties.kind().as_ref().map(ShortString::to_string)?;
    let mut message = Message::restored(id, topic, body.to_vec(), text(properties, TRACE));
    if let Some(AMQPValue::LongLongInt(attempt)) = header(properties, ATTEMPT) {
        message.attempt = u32::try_from(*attempt).unwrap_or(1);
    }
    message.last_attempt = matches!(header(properties, LAST), Some(AMQPValue::Boolean(true)));
    Some(message)
}

/// Reads a dead letter; one that is not from us has no id.
pub fn exhume(properties: &BasicProperties, body: &[u8]) -> DeadLetter {
    let strange = || Message::restored(Uuid::nil(), String::new(), body.to_vec(), None);
    let message = open(properties, body).unwrap_or_else(strange);
    let reason = match text(properties, REASON).as_deref() {
        Some(DeadLetter::FAILED) => DeadLetter::FAILED,
        Some(DeadLetter::REJECTED) => DeadLetter::REJECTED,
        // one that is not from us was sent away by its consumer
        _ if message.id.is_nil() => DeadLetter::REJECTED,
        _ => UNANSWERED,
    };
    DeadLetter { message, reason }
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn text(properties: &BasicProperties, name: &str) -> Option<String> {
    match header(properties, name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read() {
        let mut message = Message::new("things.changed", &7).unwrap();
        message.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
        assert_eq!(open(&first(&message), &message.body), Some(message.clone()));
        message.attempt = 2;
        let again = open(&next(&message), &message.body).unwrap();
        assert_eq!((again.attempt, again.id), (3, message.id));
        message.last_attempt = true;
        let letter = DeadLetter { message: message.clone(), reason: DeadLetter::FAILED };
        let found = exhume(&last(&letter), &message.body);
        assert_eq!((found.message, found.reason), (message.clone(), DeadLetter::FAILED));
        assert_eq!(exhume(&first(&message), &[]).reason, UNANSWERED);
    }

    #[test]
    fn what_is_not_from_us_is_not_read() {
        assert_eq!(open(&BasicProperties::default(), &[]), None);
        let strange =
            BasicProperties::default().with_message_id("seven".into()).with_type("things.changed".into());
        assert_eq!(open(&strange, &[]), None);
        assert_eq!(exhume(&strange, b"x").message.body, b"x");
    }
}
