//! The other site over TLS: only whoever shows a certificate under the given roots is asked anything.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rulegate::app::source::{Source, SourceError};
use rulegate::peer::{Peer, PeerSettings};
use rulegate_ledger::access::Scope;
use rulegate_ledger::ids::SiteName;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::reading::served;

/// A certificate of its own for this machine, and its key.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let at = |kind: &str| folder.join(format!("{name}.{kind}"));
    let settings = "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=127.0.0.1\n[ext]\n\
                    subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n";
    std::fs::write(at("conf"), settings).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-config"])
        .arg(at("conf"))
        .arg("-keyout")
        .arg(at("key"))
        .arg("-out")
        .arg(at("pem"))
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{made:?}");
    (at("pem"), at("key"))
}

/// Ends TLS in front of a server: one request a connection.
fn front(certificate: &Path, key: &Path, to: SocketAddr) -> SocketAddr {
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = config.clone();
            std::thread::spawn(move || pass_on(config, stream, to));
        }
    });
    address
}

fn pass_on(config: Arc<ServerConfig>, stream: TcpStream, to: SocketAddr) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut near = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        let read = near.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..read]);
    }
    request.truncate(request.len() - 2);
    request.extend_from_slice(b"connection: close\r\n\r\n");
    let mut far = TcpStream::connect(to)?;
    far.write_all(&request)?;
    io::copy(&mut far, &mut near)?;
    near.conn.send_close_notify();
    near.flush()
}

#[tokio::test]
async fn only_a_certificate_under_the_given_roots_is_believed() {
    let (world, url) = served().await;
    world.live("1", &[("a.conf", "one\n")]).await;
    world.signed().await;
    let token = world.token("mirror", Scope::EVERYWHERE).await;
    let folder = tempfile::tempdir().unwrap();
    let (ours, key) = certificate(folder.path(), "ours");
    let (another, _) = certificate(folder.path(), "another");
    let server: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let address = front(&ours, &key, server);
    let ipc2: SiteName = "ipc2".parse().unwrap();
    let ask = async |ca_file: Option<PathBuf>| {
        let settings = PeerSettings {
            site: ipc2.clone(),
            url: format!("https://{address}"),
            token: token.clone(),
            ca_file,
        };
        Peer::new(&settings).unwrap().checkpoint(&ipc2).await
    };
    let shown = ask(Some(ours)).await.unwrap();
    assert_eq!(shown.unwrap(), world.app.signed().unwrap().note);
    for roots in [None, Some(another)] {
        match ask(roots.clone()).await {
            Err(SourceError::Away(why)) => {
                assert!(why.to_lowercase().contains("certificate"), "{why}")
            }
            other => panic!("{roots:?}: {other:?}"),
        }
    }
}
