//! What every answer of the portal carries, and what every change must come with: our own origin.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Portal;
use super::error::WebError;
use super::error_page::{designed, who_asks};

/// No inline script or style, nothing from elsewhere, never inside a frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Refuses changes that another site's page sends, and adds the headers.
pub async fn guard(
    State((portal, pages)): State<(Portal, Router)>,
    request: Request,
    next: Next,
) -> Response {
    let is_change = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let is_signed_in = super::read_your_writes::is_signed_in(&portal, request.headers());
    let is_static = request.uri().path().starts_with("/static/");
    let asked = who_asks(request.headers());
    let response = if is_change && !is_own_origin(&portal, request.headers()) {
        WebError::ForeignOrigin.into_response()
    } else {
        next.run(request).await
    };
    let mut response = designed(&portal, &pages, &asked, response).await;
    if is_change && is_signed_in {
        super::read_your_writes::remember(&portal, &mut response);
    }
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "same-origin");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    );
    if !is_static {
        put(header::CACHE_CONTROL, "no-store");
    }
    if portal.app.config.is_tls() {
        put(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
    response
}

/// True unless the browser says that another site's page sent this. Programs that say nothing pass
/// here and meet the form's token.
fn is_own_origin(portal: &Portal, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site"))
        && site != "same-origin"
        && site != "none"
    {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    match &portal.app.config.public_origin {
        Some(own) => origin == own,
        None => text(header::HOST).is_some_and(|host| origin == format!("http://{host}")),
    }
}
