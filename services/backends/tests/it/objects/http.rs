use backends::objects::Presigned;
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The request as it was presigned.
pub fn request(presigned: &Presigned) -> RequestBuilder {
    request_to(presigned, &presigned.url)
}

/// The request with another URL.
pub fn request_to(presigned: &Presigned, url: &str) -> RequestBuilder {
    let method = Method::from_bytes(presigned.method.as_bytes()).unwrap();
    let mut request = Client::new().request(method, url);
    for (name, value) in &presigned.headers {
        request = request.header(name, value);
    }
    request
}

/// Sends a body along, and tells the status.
pub async fn send(request: RequestBuilder, body: impl Into<reqwest::Body>) -> u16 {
    request.body(body).send().await.unwrap().status().as_u16()
}

/// Sends nothing along.
pub async fn fetch(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

/// Sends a PUT whose headers and body are taken literally, and tells the status.
pub async fn send_raw(presigned: &Presigned, headers: &str, body: &[u8]) -> u16 {
    let url: Url = presigned.url.parse().unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap());
    let target = format!("{}?{}", url.path(), url.query().unwrap());
    let head = format!("PUT {target} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // a server that has refused may hang up before it has read everything
    let _ = stream.write_all(body).await;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    std::str::from_utf8(&status[9..]).unwrap().parse().unwrap()
}
