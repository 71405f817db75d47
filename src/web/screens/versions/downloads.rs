//! A version's manifest and bytes as files.

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::known_version;
use crate::web::Portal;
use crate::web::error::WebResult;
use crate::web::user::User;

/// Nothing in a downloaded file may act, whatever a browser makes of it.
const SANDBOX: &str = "default-src 'none'; sandbox";

/// `GET .../manifest`: what `sha256sum -c` accepts.
pub(super) async fn manifest(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
) -> WebResult {
    let (ruleset, version, facts) = known_version(&user, &ruleset, &version)?;
    let manifest = portal.app.manifest(&facts.checksum).await?;
    let name = format!("{ruleset}-{version}.sha256");
    Ok(attachment(
        name,
        "text/plain; charset=utf-8",
        manifest.text().into(),
    ))
}

/// `GET .../bundle`: the rules as a tar archive.
pub(super) async fn bundle(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
) -> WebResult {
    let (ruleset, version, facts) = known_version(&user, &ruleset, &version)?;
    let bundle = portal.app.bundle(&facts.checksum).await?;
    Ok(attachment(
        format!("{ruleset}-{version}.tar"),
        "application/x-tar",
        bundle,
    ))
}

/// Bytes as a file to keep, never to show. The name must be of letters that need no quoting.
pub(in crate::web::screens) fn attachment(
    name: String,
    kind: &'static str,
    bytes: Bytes,
) -> Response {
    let plain: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' | '+' => c,
            _ => '_',
        })
        .collect();
    let headers: [(HeaderName, String); 3] = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{plain}\""),
        ),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
    ];
    (headers, bytes).into_response()
}
