//! What the demonstration can switch off to rehearse a failover: a whole site, as if its power were gone.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// Answers nothing of the site while it is switched off. Only for the demonstration.
pub fn with_a_switch(app: Arc<App>, router: Router) -> Router {
    router.layer(middleware::from_fn_with_state(app, while_switched_on))
}

async fn while_switched_on(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if app.powered.load(Ordering::Relaxed) {
        return next.run(request).await;
    }
    let site = &app.config.site;
    let text = format!(
        "{site} is switched off for a rehearsal.\nSwitch it on again on the page Sites of the other site's portal.\n"
    );
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::SERVICE_UNAVAILABLE, plain, text).into_response()
}
