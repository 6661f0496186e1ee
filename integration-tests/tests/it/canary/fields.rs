//! Every input field of every public rpc, as the contract lists them, with something planted in it: over gRPC, where nothing but
//! the contract stands between a client and the service.

use integration_tests::Api;
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use super::birds::Birds;
use super::life::Family;
use crate::grpc::Raw;

/// How long an answer may take on a busy machine; a stream answers with its head.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Sends a request for every field, and returns all that was refused, as text: one line for each.
pub async fn plant(family: &Family, birds: &Birds) -> Vec<String> {
    let channel =
        Endpoint::from_shared(family.api.url.clone()).expect("a URL").connect().await.expect("a door");
    let mut refusals = Vec::new();
    let mut sent = 0;
    for method in methods() {
        for message in variants(birds, &method.input(), family) {
            refusals.extend(call(&channel, &family.api, &method, message.encode_to_vec()).await);
            sent += 1;
        }
    }
    println!("{sent} fields of public rpcs, {} refusals", refusals.len());
    assert!(sent > 100 && refusals.len() > 50, "{sent} sent, {} refused", refusals.len());
    refusals
}

/// The public rpcs.
fn methods() -> Vec<MethodDescriptor> {
    let services = proto::descriptors().services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let public = |method: &MethodDescriptor| {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        matches!(proto::access(&path), Some(proto::Access::Anonymous | proto::Access::User))
    };
    methods.filter(public).collect()
}

/// A message for every field, at whatever depth. The ids beside it are the family's own, so that it gets far.
fn variants(birds: &Birds, message: &MessageDescriptor, family: &Family) -> Vec<DynamicMessage> {
    let mut variants = Vec::new();
    for field in message.fields() {
        let values = match field.kind() {
            Kind::String => vec![Value::String(birds.text())],
            Kind::Bytes => vec![Value::Bytes(birds.text().into())],
            Kind::Bool => vec![Value::Bool(true)],
            Kind::Enum(_) => vec![Value::EnumNumber(birds.small())],
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => vec![Value::I32(birds.small())],
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => vec![Value::I64(birds.whole())],
            Kind::Uint32 | Kind::Fixed32 => vec![Value::U32(birds.small().unsigned_abs())],
            Kind::Uint64 | Kind::Fixed64 => vec![Value::U64(birds.whole().unsigned_abs())],
            Kind::Float => vec![Value::F32(birds.small() as f32)],
            // one that may pass, and one that cannot
            Kind::Double => vec![Value::F64(birds.amount(3)), Value::F64(birds.amount(800_000))],
            Kind::Message(inner) => {
                variants_of(birds, &inner, family).into_iter().map(Value::Message).collect()
            }
        };
        for value in values {
            let mut variant = DynamicMessage::new(message.clone());
            for (name, own) in
                [("member_id", family.member), ("program_id", family.program), ("log_id", family.log)]
            {
                if let Some(id) = message.get_field_by_name(name).filter(|id| *id != field) {
                    variant.set_field(&id, Value::I64(own));
                }
            }
            let value = if field.is_list() { Value::List(vec![value]) } else { value };
            variant.set_field(&field, value);
            variants.push(variant);
        }
    }
    variants
}

/// The same for what lies within; nothing at all is a way to fill it, too.
fn variants_of(birds: &Birds, message: &MessageDescriptor, family: &Family) -> Vec<DynamicMessage> {
    let mut variants = variants(birds, message, family);
    variants.push(DynamicMessage::new(message.clone()));
    variants
}

/// Calls; what was refused comes back as one line.
async fn call(channel: &Channel, api: &Api, method: &MethodDescriptor, body: Vec<u8>) -> Option<String> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut request = Request::new(body);
    let token = format!("Bearer {}", api.token.as_deref().expect("a token"));
    request.metadata_mut().insert("authorization", token.parse().expect("a header"));
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.expect("the door is open");
    let uri = path.parse().expect("a path");
    let answer = tokio::time::timeout(PATIENCE, async {
        if method.is_server_streaming() {
            grpc.server_streaming(request, uri, Raw).await.map(drop)
        } else {
            grpc.unary(request, uri, Raw).await.map(drop)
        }
    });
    let status = answer.await.expect("an answer in time").err()?;
    assert_ne!(status.code(), tonic::Code::Internal, "{path}");
    let details = String::from_utf8_lossy(status.details());
    Some(format!("{path} {:?} {} {details:?} {:?}", status.code(), status.message(), status.metadata()))
}
