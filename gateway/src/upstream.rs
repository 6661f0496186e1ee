//! The way to the services: a request as bytes over the link of its service, the answer as bytes.

use std::collections::HashMap;

use bytes::{Buf, BufMut, Bytes};
use chassis::{Error, Link, verbose};
use http::HeaderMap;
use http::header::{AUTHORIZATION, IF_MATCH};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use chassis::layers::caller::{CLIENT_ADDRESS, CLIENT_AGENT, REQUEST_ID};

use crate::contract::{Contract, Method};

/// The most an answer of our own services may hold. A page of the largest logs stays below it.
const MOST: usize = 32 * 1024 * 1024;

/// The links by the full name of the service.
pub struct Upstream(HashMap<String, Link>);

impl Upstream {
    /// Fails when a public service has no link.
    pub fn new(contract: &Contract, links: HashMap<String, Link>) -> Result<Self, Error> {
        match contract.services().into_iter().find(|service| !links.contains_key(*service)) {
            Some(missing) => Err(Error::internal(format!("the gateway has no link to {missing}"))),
            None => Ok(Self(links)),
        }
    }

    /// The link of a method's service.
    pub fn link(&self, method: &Method) -> Result<Link, Error> {
        let link = self.0.get(&method.service).cloned();
        link.ok_or_else(|| Error::internal("a public service has no link"))
    }

    /// All links, by the name of their service.
    pub fn links(&self) -> impl Iterator<Item = (&str, &Link)> {
        self.0.iter().map(|(service, link)| (service.as_str(), link))
    }

    /// Calls a method that answers once.
    pub async fn unary(&self, method: &Method, headers: &HeaderMap, message: Bytes) -> Result<Bytes, Error> {
        let mut client = client(self.link(method)?);
        let answer = client.unary(request(method, headers, message), method.path.clone(), Raw).await;
        answer.map(Response::into_inner).map_err(Error::from)
    }

    /// Calls a method that answers with a stream.
    pub async fn stream(
        &self,
        method: &Method,
        headers: &HeaderMap,
        message: Bytes,
    ) -> Result<Streaming<Bytes>, Error> {
        let mut client = client(self.link(method)?);
        let answer =
            client.server_streaming(request(method, headers, message), method.path.clone(), Raw).await;
        answer.map(Response::into_inner).map_err(Error::from)
    }
}

fn client(link: Link) -> tonic::client::Grpc<Link> {
    tonic::client::Grpc::new(link).max_decoding_message_size(MOST)
}

fn request(method: &Method, headers: &HeaderMap, message: Bytes) -> Request<Bytes> {
    let mut metadata = HeaderMap::with_capacity(8);
    for name in
        [AUTHORIZATION.as_str(), IF_MATCH.as_str(), REQUEST_ID, CLIENT_ADDRESS, CLIENT_AGENT, verbose::MARK]
    {
        if let Some(value) = headers.get(name) {
            metadata.insert(http::HeaderName::from_static(name), value.clone());
        }
    }
    let mut request =
        Request::from_parts(MetadataMap::from_headers(metadata), http::Extensions::new(), message);
    if let Some(patience) = method.patience {
        request.set_timeout(patience);
    }
    request
}

/// Messages as they are.
#[derive(Clone, Copy, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(message.copy_to_bytes(message.remaining())))
    }
}
