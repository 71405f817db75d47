//! The accept loop: bounded connections, bounded patience with slow clients, an orderly end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::Service as _;

/// How long a client may take to send its request's head: slow ones are cut off.
const HEADER_PATIENCE: Duration = Duration::from_secs(10);
/// Connections at a time; each costs some 20 kB while it is idle.
const CONNECTIONS_MAX: usize = 12_000;
/// After the signal to end, how long requests under way may take.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// Carries the client's address to whoever asks for it.
const PEER: HeaderName = HeaderName::from_static("x-rulegate-peer");

/// Serves until `end` says so, then lets requests under way finish.
///
/// Each request gets the header `x-rulegate-peer` with the client's address; one sent by the client is dropped.
pub async fn serve(listener: TcpListener, router: Router, mut end: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = places.clone().acquire_owned();
        let accepted = tokio::select! {
            _ = end.wait_for(|end| *end) => break,
            accepted = async { (listener.accept().await, place.await) } => accepted,
        };
        let (Ok((stream, peer)), Ok(place)) = accepted else {
            // Out of descriptors, most likely: give others time to close theirs.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let mut end = end.clone();
        tokio::spawn(async move {
            let _place = place;
            let address = HeaderValue::from_str(&peer.ip().to_string())
                .expect("an address is printable ASCII");
            let service =
                service_fn(move |request| router.clone().call(named(request, address.clone())));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = end.wait_for(|end| *end) => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
    }
    let everybody_gone = places.acquire_many(CONNECTIONS_MAX as u32);
    let _ = tokio::time::timeout(END_PATIENCE, everybody_gone).await;
}

fn named(mut request: Request<Incoming>, address: HeaderValue) -> Request<Body> {
    request.headers_mut().insert(PEER, address);
    request.map(Body::new)
}

/// Becomes true when the process is asked to end.
pub fn end_signal() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let mut terminate =
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(terminate) => terminate,
                Err(error) => {
                    tracing::warn!(%error, "cannot listen for the signal to end");
                    return;
                }
            };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        let _ = sender.send(true);
    });
    receiver
}
