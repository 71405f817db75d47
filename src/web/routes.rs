//! The addresses of screens. Forms are listed as they are declared, so that a test can refuse every one of them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{get, post};

use super::Portal;

/// Addresses with what answers them.
#[derive(Default)]
pub struct Routes {
    router: Router<Portal>,
    forms: Vec<String>,
}

impl Routes {
    /// A page: read, changes nothing.
    pub fn page<H: Handler<T, Portal>, T: 'static>(mut self, path: &str, show: H) -> Routes {
        self.router = self.router.route(path, get(show));
        self
    }

    /// What a form is sent to.
    pub fn form<H: Handler<T, Portal>, T: 'static>(mut self, path: &str, act: H) -> Routes {
        self.router = self.router.route(path, post(act));
        self.forms.push(path.to_owned());
        self
    }

    /// Together with the addresses of another screen.
    pub fn and(mut self, other: Routes) -> Routes {
        self.router = self.router.merge(other.router);
        self.forms.extend(other.forms);
        self
    }

    /// With bodies up to this size, for forms that carry files.
    pub fn with_bodies_of(mut self, bytes_max: usize) -> Routes {
        self.router = self.router.layer(DefaultBodyLimit::max(bytes_max));
        self
    }

    /// Where forms are sent, in the order of the screens.
    pub fn forms(&self) -> &[String] {
        &self.forms
    }

    /// The router.
    pub fn router(self) -> Router<Portal> {
        self.router
    }
}
