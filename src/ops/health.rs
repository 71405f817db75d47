//! Whether the process lives, and whether it should be sent requests.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
#[expect(
    clippy::disallowed_types,
    reason = "an answer for probes; no request is read"
)]
use axum::{Json, Router};
use serde_json::json;

use crate::app::App;

/// `/livez` and `/readyz`.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .with_state(app)
}

/// The process answers.
async fn live() -> &'static str {
    "alive\n"
}

/// Ready: the database answers and this process may write. Else 503 with the reason; pods and pages that
/// need no database are served all the same. A site that takes no entries because its ledger is behind stays
/// ready, because all its processes would fall out at once: `behind`
/// says so. `settings` names durability settings that turned wrong.
async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let state = &app.snapshot().state;
    let head = state.head(&state.own).seq;
    let reason = match app.stopped.load().as_ref() {
        Some(reason) => Some(reason.clone()),
        None => app
            .store
            .ping()
            .await
            .err()
            .map(|_| "the database does not answer".to_owned()),
    };
    let status = if reason.is_none() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(
            json!({ "ready": reason.is_none(), "reason": reason, "site": state.own, "head": head,
                "behind": app.behind.load().as_ref(), "settings": app.drifted.load().as_ref() }),
        ),
    )
}
