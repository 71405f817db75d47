//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::auth::random_secret;
use crate::auth::sign_in::csrf_of;
use crate::web::cookies::{cookie, cookie_line, cookie_name};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, Sheet, see};
use crate::web::notice::notice_of;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::{InField as _, Sent};
use crate::web::{Portal, format};

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/sign-in", show)
        .form("/sign-in", act)
        .form("/sign-out", sign_out)
}

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct SignInPage {
    page: Page,
    next: String,
    /// Names and passwords of the demonstration's accounts.
    sample: Arc<Vec<(String, String, String)>>,
}

#[derive(Deserialize)]
struct Address {
    #[serde(default)]
    next: String,
    done: Option<String>,
}

/// Binds the sign-in form to this browser, before anybody is signed in.
fn form_cookie_name(portal: &Portal) -> &'static str {
    if portal.app.config.is_tls() {
        "__Host-rulegate-form"
    } else {
        "rulegate-form"
    }
}

async fn show(
    State(portal): State<Portal>,
    Query(address): Query<Address>,
    sent: Option<Extension<Arc<Sent>>>,
) -> Response {
    let secret = random_secret();
    let done = address.done.map(|done| format!("done={done}"));
    let mut response = page::html(&SignInPage {
        page: Page {
            title: "Sign in".into(),
            site: portal.app.config.site.to_string(),
            demo: portal.app.config.demo,
            csrf: csrf_of(&secret),
            notice: notice_of(done.as_deref()),
            sent: sent.map(|Extension(sent)| sent),
            ..Page::bare()
        },
        next: address.next,
        sample: portal.sample.clone(),
    });
    response.headers_mut().append(
        header::SET_COOKIE,
        cookie_line(&portal, form_cookie_name(&portal), &secret, 3_600),
    );
    response
}

/// Nobody is signed in yet, so the form is bound to the browser by a cookie of its own.
async fn act(
    State(portal): State<Portal>,
    headers: HeaderMap,
    bytes: axum::body::Bytes,
) -> WebResult {
    let fields = serde_html_form::from_bytes(&bytes)
        .map_err(|_| WebError::BadForm("A field is missing.".into()))?;
    let form = Sheet { fields, bytes };
    let expected = cookie(&headers, form_cookie_name(&portal)).map(csrf_of);
    if expected.as_deref() != Some(form.value("csrf")) {
        return Err(WebError::FormExpired);
    }
    let text = |name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let (agent, address) = (text("user-agent"), text("x-rulegate-peer"));
    let (name, password) = (form.value("name"), form.value("password"));
    let signed_in = portal.auth.sign_in(name, password, address, agent).await;
    let (_, secret) = signed_in.in_field("password").map_err(|error| {
        let back = format!("/sign-in?next={}", format::url_encode(form.value("next")));
        form.refused(&back, error)
    })?;
    let mut response = Redirect::to(&local(form.value("next"))).into_response();
    let name = cookie_name(portal.app.config.is_tls());
    let age_s = crate::auth::sign_in::ABSOLUTE_US / 1_000_000;
    response.headers_mut().append(
        header::SET_COOKIE,
        cookie_line(&portal, name, &secret, age_s),
    );
    Ok(response)
}

/// Only addresses of this portal: no way to send people elsewhere.
fn local(next: &str) -> String {
    let is_local =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\n', '\r']);
    if is_local {
        next.to_owned()
    } else {
        "/".to_owned()
    }
}

#[derive(Deserialize)]
struct Nothing {}

async fn sign_out(State(portal): State<Portal>, form: Form<Nothing>) -> WebResult {
    let _ = form.fields;
    portal.auth.sign_out(&form.user.person).await?;
    let mut response = see("/sign-in", "signed-out");
    let gone = cookie_line(&portal, cookie_name(portal.app.config.is_tls()), "", 0);
    response.headers_mut().append(header::SET_COOKIE, gone);
    response.headers_mut().insert(
        "clear-site-data",
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(local("/reviews?x=1"), "/reviews?x=1");
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "x",
        ] {
            assert_eq!(local(bad), "/", "{bad}");
        }
    }
}
