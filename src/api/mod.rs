//! The interface for programs, under `/api/v1`: the same acts, checks and words as the portal.

use std::sync::Arc;

use axum::Router;

use crate::app::App;
use crate::auth::Auth;

/// What handlers share.
#[derive(Clone)]
pub struct Api {
    /// The site's application.
    pub app: Arc<App>,
    /// Who is asking.
    pub auth: Auth,
}

/// Every address of the interface.
pub fn router(app: Arc<App>, auth: Auth) -> Router {
    Router::new().with_state(Api { app, auth })
}
