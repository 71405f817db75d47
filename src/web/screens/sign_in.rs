//! Signing in and out.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::auth::random_secret;
use crate::auth::sign_in::{SignInError, csrf_of};
use crate::web::cookies::{cookie, cookie_line, cookie_name};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, see};
use crate::web::notice::notice_of;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
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
    typed: String,
    error: String,
    /// Names and passwords of the demonstration's accounts.
    sample: Vec<(String, String, String)>,
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

async fn show(State(portal): State<Portal>, Query(address): Query<Address>) -> Response {
    let mut page = Page {
        title: "Sign in".into(),
        site: portal.app.config.site.to_string(),
        ..Page::bare()
    };
    page.notice = address
        .done
        .and_then(|done| notice_of(Some(&format!("done={done}"))));
    form(
        &portal,
        page,
        address.next,
        String::new(),
        String::new(),
        StatusCode::OK,
    )
}

fn form(
    portal: &Portal,
    mut page: Page,
    next: String,
    name: String,
    error: String,
    status: StatusCode,
) -> Response {
    let secret = random_secret();
    page.csrf = csrf_of(&secret);
    page.demo = portal.app.config.demo;
    let sample = portal.sample.to_vec();
    let mut response = page::html(&SignInPage {
        page,
        next,
        typed: name,
        error,
        sample,
    });
    *response.status_mut() = status;
    response.headers_mut().append(
        header::SET_COOKIE,
        cookie_line(portal, form_cookie_name(portal), &secret, 3_600),
    );
    response
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

async fn act(
    State(portal): State<Portal>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> WebResult {
    let fields: Fields = serde_html_form::from_bytes(&body)
        .map_err(|_| WebError::BadForm("A field is missing.".into()))?;
    let expected = cookie(&headers, form_cookie_name(&portal)).map(csrf_of);
    if expected.as_deref() != Some(&fields.csrf) {
        return Err(WebError::FormExpired);
    }
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let address = headers
        .get("x-rulegate-peer")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let page = || Page {
        title: "Sign in".into(),
        site: portal.app.config.site.to_string(),
        ..Page::bare()
    };
    let again = |error: String, status| {
        Ok(form(
            &portal,
            page(),
            fields.next.clone(),
            fields.name.clone(),
            error,
            status,
        ))
    };
    match portal
        .auth
        .sign_in(&fields.name, &fields.password, address, agent)
        .await
    {
        Ok((_, secret)) => {
            let mut response = Redirect::to(&local(&fields.next)).into_response();
            let name = cookie_name(portal.app.config.is_tls());
            let age_s = crate::auth::sign_in::ABSOLUTE_US / 1_000_000;
            response.headers_mut().append(
                header::SET_COOKIE,
                cookie_line(&portal, name, &secret, age_s),
            );
            Ok(response)
        }
        Err(SignInError::Wrong) => again(
            "Name and password do not belong together, or the account is closed.".into(),
            StatusCode::UNAUTHORIZED,
        ),
        Err(SignInError::Wait { seconds }) => {
            let wait = format::count(seconds as usize, "second", "seconds");
            again(
                format!("Too many tries: wait {wait}."),
                StatusCode::TOO_MANY_REQUESTS,
            )
        }
        Err(SignInError::Busy) => again(
            "Sign-in is busy: try again in a few seconds.".into(),
            StatusCode::TOO_MANY_REQUESTS,
        ),
        Err(SignInError::App(error)) => Err(WebError::App(error)),
    }
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
