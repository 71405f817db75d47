//! Cookies of the portal: one for the sign-in, one for what the browser has seen.

use axum::http::{HeaderMap, HeaderValue, header};

use super::Portal;

/// The cookie's name; over TLS with the prefix that binds it to this host and to TLS.
pub fn cookie_name(is_tls: bool) -> &'static str {
    if is_tls {
        "__Host-rulegate"
    } else {
        "rulegate"
    }
}

/// A cookie as it is set: no script reads it, and other sites' pages do not send it along with what they send.
pub fn cookie_line(portal: &Portal, name: &str, value: &str, max_age_s: i64) -> HeaderValue {
    let secure = if portal.app.config.is_tls() {
        "; Secure"
    } else {
        ""
    };
    let line =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&line).expect("names and base64url are header values")
}

/// A cookie's value.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}
