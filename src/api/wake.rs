//! Server-sent events that wake whoever reads the ledger. They only hint: the ledger itself is read by pages.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::caller::Caller;
use super::ledger::require_site;
use super::problem::{ApiResult, Problem};
use super::request::Path;
use rulegate_ledger::ids::SiteName;

/// Listeners at a time: readers and mirrors, not pods.
pub const LISTENERS_MAX: usize = 64;
/// Without news, how often a sign of life is sent: proxies and clients give up on silent connections.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// A stream ends after this long, and the listener comes again: nobody keeps a place whom nobody knows any more.
const STREAM_LIFE: Duration = Duration::from_secs(600);
/// Events that may wait for a slow listener; after that it is cut off.
const WAITING_MAX: usize = 8;

/// Tells whenever a checkpoint of this site was signed: event `checkpoint` with `{"size":N}`. The first event
/// tells the newest one.
#[utoipa::path(get, path = "/api/v1/ledger/{site}/events", tag = "ledger",
    params(("site" = String, Path, description = "This server's own site.")),
    responses((status = 200, description = "Events, until the connection ends.", body = String, content_type = "text/event-stream")))]
pub async fn events(caller: Caller, Path(site): Path<SiteName>) -> ApiResult {
    require_site(&caller, &site)?;
    if site != caller.api.app.config.site {
        return Err(Problem::not_found("events of the ledger of", site));
    }
    let Ok(place) = caller.api.listeners.clone().try_acquire_owned() else {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_listeners",
            "Too many listen already",
            format!("{LISTENERS_MAX} listeners are connected."),
            "Read the ledger by pages, once a second at most.",
        ));
    };
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let mut changes = caller.api.app.signed_changes();
    let mut ending = caller.api.app.ending.subscribe();
    tokio::spawn(async move {
        let _place = place;
        let over = tokio::time::sleep(STREAM_LIFE);
        tokio::pin!(over);
        loop {
            let size = *changes.borrow_and_update();
            let event = format!("event: checkpoint\ndata: {{\"size\":{size}}}\n\n");
            if sender.try_send(Bytes::from(event)).is_err() {
                return;
            }
            loop {
                tokio::select! {
                    changed = changes.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                    _ = tokio::time::sleep(SIGN_OF_LIFE) => {
                        if sender.try_send(Bytes::from_static(b": still here\n\n")).is_err() {
                            return;
                        }
                    }
                    _ = ending.wait_for(|ending| *ending) => return,
                    _ = sender.closed() => return,
                    _ = &mut over => return,
                }
            }
        }
    });
    Ok(stream(receiver))
}

fn stream(receiver: mpsc::Receiver<Bytes>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    (StatusCode::OK, headers, Body::new(Events(receiver))).into_response()
}

/// The events as a body wants them.
struct Events(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        let event = self.0.poll_recv(context);
        event.map(|event| event.map(|event| Ok(hyper::body::Frame::data(event))))
    }
}
