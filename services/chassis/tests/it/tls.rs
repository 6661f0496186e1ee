//! Who gets through a door that asks for proof, and which doors a link believes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chassis::mesh::Dialer;
use chassis::serve::Door;
use chassis::shutdown::Tasks;
use chassis::tls::{PublicTls, Tls};
use chassis::{Kind, Link};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Code;

use crate::upstream::{Upstream, WRITE, call};

/// An authority with its certificate in a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let (key, folder) = (KeyPair::generate().unwrap(), tempfile::tempdir().unwrap());
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// What a process of this authority is given, to believe in `believed`.
    fn issue(&self, believed: &Authority) -> Tls {
        let (certificate, key) = self.write();
        Tls::read(&certificate, &key, &believed.certificate()).unwrap()
    }

    /// Writes a new certificate, and its key, into the files of the last one.
    fn write(&self) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        let (certificate_file, key_file) =
            (self.folder.path().join("cert.pem"), self.folder.path().join("key.pem"));
        std::fs::write(&certificate_file, signed.pem()).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        (certificate_file, key_file)
    }
}

async fn upstream(tls: Tls) -> Upstream {
    Upstream::behind(|_| Some(Code::Ok), move |listener| Door::mutual_tls(listener, &tls)).await
}

fn link(upstream: &Upstream, tls: Option<Tls>) -> Link {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", upstream.address).parse().unwrap();
    Link::remote(&address, &Dialer::new(&Tasks::new()).tls(tls)).unwrap()
}

#[tokio::test]
async fn two_of_one_house_trust_each_other_and_nobody_else() {
    let (house, stranger) = (Authority::new(), Authority::new());
    let upstream = upstream(house.issue(&house)).await;
    assert_eq!(call(&link(&upstream, Some(house.issue(&house))), WRITE).await, Code::Ok);
    assert_eq!(upstream.asked(), 1);

    for (what, tls) in [
        ("a stranger's certificate", Some(stranger.issue(&house))),
        ("a link that believes in another authority", Some(house.issue(&stranger))),
        ("no TLS", None),
    ] {
        assert_eq!(call(&link(&upstream, tls), WRITE).await, Code::Unavailable, "{what}");
    }
    assert_eq!(upstream.asked(), 1, "no stranger's call reached the handler");
}

#[tokio::test]
async fn a_certificate_must_be_for_the_name_that_is_called() {
    let house = Authority::new();
    let upstream = upstream(house.issue(&house)).await;
    let address = format!("https://localhost:{}", upstream.address.port()).parse().unwrap();
    let dialer = Dialer::new(&Tasks::new()).tls(Some(house.issue(&house)));
    assert_eq!(call(&Link::remote(&address, &dialer).unwrap(), WRITE).await, Code::Unavailable);
}

/// Shakes hands without a certificate.
async fn shake_hands(
    upstream: &Upstream,
    house: &Authority,
    version: &'static SupportedProtocolVersion,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(house.certificate()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(upstream.address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Shakes hands without a certificate, and asks for the page `/`.
async fn without_certificate(
    upstream: &Upstream,
    house: &Authority,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<usize> {
    let mut stream = shake_hands(upstream, house, version, &[]).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: room\r\n\r\n").await?;
    stream.read(&mut [0; 100]).await
}

#[tokio::test]
async fn the_public_door_asks_for_nothing_but_tls_1_3() {
    let house = Authority::new();
    let (certificate, key) = house.write();
    let tls = PublicTls::read(&certificate, &key).unwrap();
    let upstream = Upstream::behind(|_| Some(Code::Ok), move |listener| Door::public(listener, &tls)).await;
    assert!(without_certificate(&upstream, &house, &TLS13).await.unwrap() > 0, "an answer");
    let refused = without_certificate(&upstream, &house, &TLS12).await.unwrap_err().to_string();
    assert!(refused.contains("ProtocolVersion"), "{refused}");
    for (offered, chosen) in [(["h2", "http/1.1"], "h2"), (["http/1.1", "http/1.0"], "http/1.1")] {
        let stream = shake_hands(&upstream, &house, &TLS13, &offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(chosen.as_bytes()));
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let (house, tasks) = (Authority::new(), Tasks::new());
    let (certificate, key) = house.write();
    let tls = PublicTls::read(&certificate, &key).unwrap();
    tls.keep_fresh(&tasks, Duration::from_millis(10));
    let upstream = Upstream::behind(|_| Some(Code::Ok), move |listener| Door::public(listener, &tls)).await;
    let shown = async || {
        let stream = shake_hands(&upstream, &house, &TLS13, &[]).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let first = shown().await;
    // a renewal that fails half-way puts nobody out
    std::fs::write(&certificate, "half a certif").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(shown().await, first);
    house.write();
    let renewed = async {
        while shown().await == first {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), renewed).await.expect("the new one is shown");
    let written = CertificateDer::from_pem_file(&certificate).unwrap();
    assert_eq!(shown().await, written);
}

#[tokio::test]
async fn who_shows_no_certificate_or_speaks_an_older_tls_is_refused() {
    let house = Authority::new();
    let upstream = upstream(house.issue(&house)).await;
    for (version, alert) in [(&TLS13, "CertificateRequired"), (&TLS12, "ProtocolVersion")] {
        let refused = without_certificate(&upstream, &house, version).await.expect_err(alert).to_string();
        assert!(refused.contains(alert), "{refused}");
    }
    assert_eq!(upstream.asked(), 0);
}

#[tokio::test]
async fn an_address_must_fit_the_dialer() {
    let (house, tasks) = (Authority::new(), Tasks::new());
    let (plain, tls) = (Dialer::new(&tasks), Dialer::new(&tasks).tls(Some(house.issue(&house))));
    for (dialer, address, said) in [
        (&plain, "https://family:8080", "--tls-cert"),
        (&tls, "http://family:8080", "https://"),
        (&plain, "family:8080", "http://family:8080"),
        (&plain, "/family", "no host"),
    ] {
        let refused = dialer.check(&address.parse().unwrap()).expect_err(address);
        assert_eq!(refused.kind(), Kind::IllegalState);
        assert!(refused.to_string().contains(said), "{refused}");
    }
    tls.check(&"https://family".parse().unwrap()).unwrap();
    plain.check(&"http://[::1]:8080".parse().unwrap()).unwrap();
}

#[tokio::test]
async fn files_that_are_no_use_are_named() {
    let house = Authority::new();
    house.issue(&house);
    let (folder, certificate) = (house.folder.path(), house.certificate());
    let empty = folder.join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let (good, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    for (cert, key, ca, named) in [
        (&empty, &key, &certificate, "empty.pem"),
        (&good, &empty, &certificate, "empty.pem"),
        (&good, &key, &empty, "empty.pem"),
        (&good, &key, &folder.join("absent.pem"), "absent.pem"),
        (&certificate, &key, &certificate, "ca.pem"),
    ] {
        let refused = Tls::read(cert, key, ca).err().expect(named).to_string();
        assert!(refused.contains(named), "{refused}");
    }
}
