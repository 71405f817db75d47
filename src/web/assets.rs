//! Style sheets, script, fonts and icons, built into the binary.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

macro_rules! built_in {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../static/", $path)))),*]
    };
}

/// Every file of `static/`, by its path there.
const FILES: &[(&str, &[u8])] = built_in![
    "css/base.css",
    "css/components.css",
    "css/tokens.css",
    "fonts/LICENSE-ibm-plex-mono.txt",
    "fonts/LICENSE-ibm-plex-sans.txt",
    "fonts/ibm-plex-mono-latin-400-normal.woff2",
    "fonts/ibm-plex-mono-latin-500-normal.woff2",
    "fonts/ibm-plex-mono-latin-600-normal.woff2",
    "fonts/ibm-plex-sans-latin-400-normal.woff2",
    "fonts/ibm-plex-sans-latin-500-normal.woff2",
    "fonts/ibm-plex-sans-latin-600-normal.woff2",
    "icon.svg",
    "icons.svg",
    "js/enhance.js",
    "js/theme.js",
];

/// The tag of each of [`FILES`].
static ETAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let tag = |bytes: &[u8]| format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]));
    FILES.iter().map(|(_, bytes)| tag(bytes)).collect()
});

/// How long a browser may use an asset without asking: short, as addresses carry no version; asking
/// again costs a 304.
const CACHE_CONTROL: &str = "public, max-age=300";

/// `GET /static/{path}`.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let Some(at) = FILES.iter().position(|(known, _)| *known == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = ETAGS[at].as_str();
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag.as_bytes() == etag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let kind = match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, CACHE_CONTROL),
    ];
    (headers, FILES[at].1).into_response()
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_static_file_is_built_in() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/static");
        let (mut folders, mut files) = (vec![root.into()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => files.push(path.strip_prefix(root).unwrap().display().to_string()),
                }
            }
        }
        files.sort();
        let built_in: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(built_in, files);
    }
}
