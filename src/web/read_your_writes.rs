//! A person's browser remembers up to where it has seen the site, so that the next page shows what was just written,
//! whichever process answers.

use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::Portal;
use super::cookies::{cookie, cookie_line, cookie_name};
use crate::app::read_your_writes::Mark;

/// Other processes know an entry within a second even if no notice reaches them; this is a margin.
const REMEMBERED_S: i64 = 60;

fn name(portal: &Portal) -> &'static str {
    if portal.app.config.is_tls() {
        "__Host-rulegate-seen"
    } else {
        "rulegate-seen"
    }
}

/// True if the request comes with a sign-in, whether it is good or not.
pub(super) fn is_signed_in(portal: &Portal, headers: &HeaderMap) -> bool {
    cookie(headers, cookie_name(portal.app.config.is_tls())).is_some()
}

/// Up to where the browser has seen the site. What cannot be read is passed over: nothing hangs on it but a wait.
pub(super) fn seen(portal: &Portal, headers: &HeaderMap) -> Option<Mark> {
    cookie(headers, name(portal))?.parse().ok()
}

/// Gives the browser the mark of now. The entries just made are known here.
pub(super) fn remember(portal: &Portal, response: &mut Response) {
    let mark = Mark {
        entry: portal.app.newest(),
        accounts: portal.auth.directory.known().version,
    };
    let line = cookie_line(portal, name(portal), &mark.to_string(), REMEMBERED_S);
    response.headers_mut().append(header::SET_COOKIE, line);
}
