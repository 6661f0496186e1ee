//! Every public method of the contract by each of the four ways in: what is sent arrives as the same message, and what comes
//! back, an answer or a refusal, is the same as well. The methods and the messages are made from the contract, so that none is
//! forgotten.

mod json;
mod made;
mod rpc;
mod ways;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chassis::Error;
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use serde_json::Value as Json;
use tonic::transport::Channel;

use crate::fake::Fake;
use crate::house::{House, USER};
use rpc::Rpc;
use ways::{Outcome, Refused};

type Answers = Arc<dyn Fn() -> Result<Vec<Bytes>, Error> + Send + Sync>;

/// A house whose services answer what they are told to, and keep what arrived.
struct Scene {
    house: House,
    channel: Channel,
    answers: Arc<Mutex<Answers>>,
    arrived: Arc<Mutex<Vec<(String, Bytes)>>>,
}

impl Scene {
    async fn open() -> Self {
        let answers: Arc<Mutex<Answers>> = Arc::new(Mutex::new(Arc::new(|| Ok(Vec::new()))));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let (told, seen) = (answers.clone(), arrived.clone());
        let fake = Fake::default().on_others(move |path, message| {
            seen.lock().unwrap().push((path.to_owned(), message.into_inner()));
            let answer = told.lock().unwrap().clone();
            answer()
        });
        let house = House::open(fake).await;
        Self { channel: house.channel().await, house, answers, arrived }
    }

    /// Calls a method by all four ways, and gives what each came to.
    async fn call(&self, rpc: &Rpc, message: &DynamicMessage, token: Option<&str>) -> [Outcome; 4] {
        let bytes = ways::bytes(message);
        let mut native = tonic::Request::new(bytes.clone());
        if let Some(token) = token {
            native.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let web = || {
            let request = self.house.anonymous(http::Method::POST, &rpc.path);
            match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            }
        };
        [
            ways::native(self.channel.clone(), rpc, native).await,
            ways::web(web(), rpc, &bytes, false).await,
            ways::web(web(), rpc, &bytes, true).await,
            ways::rest(&self.house, rpc, message, token).await,
        ]
    }

    /// The messages that arrived since it was last asked.
    fn arrived(&self, rpc: &Rpc) -> Vec<DynamicMessage> {
        let arrived = std::mem::take(&mut *self.arrived.lock().unwrap());
        assert!(arrived.iter().all(|(path, _)| *path == rpc.path), "{}", rpc.path);
        let decode = |(_, bytes)| made::sent(&DynamicMessage::decode(rpc.input.clone(), bytes).unwrap());
        arrived.into_iter().map(decode).collect()
    }

    fn answer(&self, answers: impl Fn() -> Result<Vec<Bytes>, Error> + Send + Sync + 'static) {
        *self.answers.lock().unwrap() = Arc::new(answers);
    }
}

/// A request that a route can hold.
fn request(rpc: &Rpc, variant: usize) -> DynamicMessage {
    let bound = rpc.route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    made::with_path(made::message(&rpc.input, variant), &bound.collect::<Vec<_>>())
}

/// The messages of an answer.
fn answer(rpc: &Rpc, variant: usize) -> Vec<DynamicMessage> {
    let count = if rpc.streaming { 3 } else { 1 };
    let Some(media) = &rpc.document else {
        return (0..count).map(|piece| made::message(&rpc.output, variant + piece)).collect();
    };
    let piece = |piece: usize| {
        let mut message = DynamicMessage::new(rpc.output.clone());
        message.set_field_by_name("content_type", Value::String(media.clone()));
        message.set_field_by_name("data", Value::Bytes(format!("piece {piece} of {variant} ☀").into()));
        message
    };
    (0..count).map(piece).collect()
}

#[tokio::test]
async fn a_request_and_its_answer_are_the_same_by_every_way() {
    let scene = Scene::open().await;
    let token = scene.house.tokens.of(USER);
    let rpcs = rpc::all();
    assert!(rpcs.len() > 50, "{} methods", rpcs.len());
    for rpc in &rpcs {
        for variant in 0..made::VARIANTS {
            let (sent, told) = (request(rpc, variant), answer(rpc, variant));
            let bytes: Vec<Bytes> = told.iter().map(ways::bytes).collect();
            scene.answer(move || Ok(bytes.clone()));
            let told = ways::joined(rpc, told);
            for (way, outcome) in scene.call(rpc, &sent, Some(&token)).await.into_iter().enumerate() {
                let heard = outcome.map(|messages| ways::joined(rpc, messages));
                let heard = heard.unwrap_or_else(|refused| panic!("{} by way {way}: {refused:?}", rpc.path));
                assert_eq!(shown(&heard), shown(&told), "{} {variant} by way {way}", rpc.path);
                assert!(heard == told, "{} {variant} by way {way}", rpc.path);
            }
            let arrived = scene.arrived(rpc);
            assert_eq!(shown(&arrived), shown(&vec![sent.clone(); 4]), "{} {variant}", rpc.path);
            assert!(arrived == vec![sent; 4], "{} {variant}", rpc.path);
        }
    }
    println!("{} methods, {} messages of each, 4 ways", rpcs.len(), made::VARIANTS);
}

/// Messages as text, of which a difference can be seen.
fn shown(messages: &[DynamicMessage]) -> String {
    messages.iter().map(|message| format!("{:#}\n", Json::Object(json::write(message)))).collect()
}

/// What a service may refuse with. The field is one that has the same name by every way.
fn refusals(field: &str) -> Vec<Arc<dyn Fn() -> Error + Send + Sync>> {
    let field = field.to_owned();
    vec![
        Arc::new(move || Error::invalid(field.clone(), "must be ☀ \"quoted\"")),
        Arc::new(Error::denied),
        Arc::new(|| Error::not_found("there is none")),
        Arc::new(|| Error::conflict("it is there already: 100 % ü")),
        Arc::new(|| Error::illegal_state("it rests")),
        Arc::new(Error::in_flight),
        Arc::new(Error::key_reused),
        Arc::new(Error::changed),
        Arc::new(|| Error::rate_limited(Duration::from_millis(1500))),
        Arc::new(|| Error::too_large("more than there may be")),
        Arc::new(|| Error::unauthenticated("the session has ended")),
        Arc::new(|| Error::unavailable("postgres://secret")),
        Arc::new(Error::deadline),
        Arc::new(|| Error::internal("secret")),
    ]
}

#[tokio::test]
async fn a_refusal_is_the_same_by_every_way() {
    let scene = Scene::open().await;
    let token = scene.house.tokens.of(USER);
    for rpc in &rpc::all() {
        let plain = rpc.input.fields().find(|field| field.containing_oneof().is_none());
        for refusal in refusals(plain.as_ref().map_or("body", |field| field.name())) {
            let refuse = refusal.clone();
            scene.answer(move || Err(refuse()));
            let outcomes = scene.call(rpc, &request(rpc, 0), Some(&token)).await;
            assert_same_refusal(rpc, outcomes, &refusal());
            assert_eq!(scene.arrived(rpc).len(), 4, "{}", rpc.path);
        }
    }
}

#[tokio::test]
async fn who_has_no_token_is_refused_the_same_by_every_way() {
    let scene = Scene::open().await;
    for rpc in &rpc::all() {
        let told = answer(rpc, 0);
        let bytes: Vec<Bytes> = told.iter().map(Message::encode_to_vec).map(Bytes::from).collect();
        scene.answer(move || Ok(bytes.clone()));
        let outcomes = scene.call(rpc, &request(rpc, 0), None).await;
        if proto::access(&rpc.path) == Some(proto::Access::Anonymous) {
            for outcome in outcomes {
                assert_eq!(shown(&outcome.unwrap()), shown(&told), "{}", rpc.path);
            }
            assert_eq!(scene.arrived(rpc).len(), 4, "{}", rpc.path);
        } else {
            assert_same_refusal(rpc, outcomes, &Error::unauthenticated("an access token is required"));
            assert_eq!(scene.arrived(rpc).len(), 0, "{}", rpc.path);
        }
    }
}

fn assert_same_refusal(rpc: &Rpc, outcomes: [Outcome; 4], refusal: &Error) {
    let refused = |outcome: Outcome| outcome.err().unwrap_or_else(|| panic!("{} was answered", rpc.path));
    let [native, others @ ..] = outcomes.map(refused);
    let Refused { status, detail, fields, .. } = &native;
    assert_eq!((*status, detail.as_str()), (refusal.kind().http_status(), refusal.message()), "{}", rpc.path);
    assert_eq!(fields.len(), refusal.fields().len());
    assert!(!format!("{native:?}").contains("secret"));
    for (way, other) in others.iter().enumerate() {
        assert_eq!(*other, native, "{} by way {}", rpc.path, way + 1);
    }
}
