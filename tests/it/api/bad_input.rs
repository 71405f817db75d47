//! What cannot be taken is refused with a clear problem, and nothing of it stays.

use std::io::Write as _;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use rulegate_ledger::access::Scope;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ledger::Head;

use super::at;
use crate::harness::world::{Answer, World, tar_of};

const PUSH: &str = "/api/v1/rulesets/crs/releases?version=1";

/// A rule that no test takes in: if it is ever found in the store, something was half-written.
const CANARY: &[u8] = b"the rule that must not stay\n";

/// A tar with any path, also one that no decent library writes.
fn raw_tar(paths: &[&[u8]], kind: tar::EntryType) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let append = |tar: &mut tar::Builder<Vec<u8>>, path: &[u8], kind, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(kind);
        if kind == tar::EntryType::Symlink {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, bytes).unwrap();
    };
    append(&mut tar, b"canary.conf", tar::EntryType::Regular, CANARY);
    for path in paths {
        let bytes: &[u8] = if kind == tar::EntryType::Regular {
            b"x\n"
        } else {
            b""
        };
        append(&mut tar, path, kind, bytes);
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn head(world: &World) -> Head {
    world.app.snapshot().state.own_ledger().head
}

/// Sends an archive that must be refused, and looks whether anything stayed.
async fn refused(world: &World, archive: Vec<u8>, what: &str) -> Answer {
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let before = head(world);
    let answer = world.api(Method::POST, &token, PUSH, archive).await;
    assert!(
        answer.status.is_client_error(),
        "{what}: {} {}",
        answer.status,
        answer.text
    );
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{what}"
    );
    nothing_stayed(world, before, what).await;
    answer
}

async fn nothing_stayed(world: &World, before: Head, what: &str) {
    assert_eq!(head(world), before, "{what}");
    assert_eq!(
        world
            .app
            .store
            .head(&"ipc2".parse().unwrap())
            .await
            .unwrap(),
        before,
        "{what}"
    );
    let canary = world.app.store.content(&Digest::of(CANARY)).await.unwrap();
    assert!(
        canary.is_none(),
        "{what}: a rule of a refused archive stayed"
    );
}

#[tokio::test]
async fn paths_that_climb_or_deceive_are_refused() {
    let world = World::new().await;
    let regular = tar::EntryType::Regular;
    let cases: &[(&str, &[&[u8]], &str)] = &[
        ("climbs", &[b"../etc/passwd"], "climbs out"),
        ("climbs inside", &[b"a/../../b"], "climbs out"),
        ("absolute", &[b"/etc/passwd"], "is absolute"),
        ("drive", &[b"C:/x"], "is absolute"),
        ("repeated", &[b"a.conf", b"a.conf"], "stands there twice"),
        ("case", &[b"a.conf", b"A.conf"], "differ only in case"),
        (
            "Unicode form",
            &["\u{e9}.conf".as_bytes(), "e\u{301}.conf".as_bytes()],
            "differ only in Unicode form",
        ),
        (
            "control character",
            &[b"a\x1b[31m.conf"],
            "control character",
        ),
        ("line feed", &[b"a\nb.conf"], "control character"),
        (
            "direction",
            &["a\u{202e}fnoc.conf".as_bytes()],
            "invisible or direction-changing",
        ),
        (
            "Arabic letter mark",
            &["a\u{61c}b.conf".as_bytes()],
            "invisible or direction-changing",
        ),
        (
            "a blank that is no plain space",
            &["a\u{a0}b.conf".as_bytes()],
            "invisible or direction-changing",
        ),
        ("empty part", &[b"a//b.conf"], "empty or '.' part"),
        ("file and folder", &[b"a", b"a/b.conf"], "also the folder"),
        ("not UTF-8", &[b"\xff.conf"], "not UTF-8"),
    ];
    for (what, paths, sentence) in cases {
        let answer = refused(&world, raw_tar(paths, regular), what).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{what}: {}",
            answer.text
        );
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(sentence), "{what}: {detail}");
        assert!(
            !answer.text.contains('\u{1b}') && !answer.text.contains('\u{202e}'),
            "{what}"
        );
    }
}

#[tokio::test]
async fn what_is_no_plain_file_is_refused() {
    let world = World::new().await;
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let answer = refused(&world, raw_tar(&[b"link.conf"], kind), "a link").await;
        assert!(answer.text.contains("is a link"), "{}", answer.text);
    }
    let answer = refused(&world, raw_tar(&[b"pipe"], tar::EntryType::Fifo), "a pipe").await;
    assert!(
        answer.text.contains("neither a file nor a folder"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn sets_that_are_empty_or_too_large_are_refused() {
    let world = World::new().await;
    let none = refused(&world, tar_of(&[]), "no rules").await;
    assert!(none.text.contains("there are no rules") || none.text.contains("There are no rules"));
    let names: Vec<String> = (0..20_000).map(|n| format!("r{n}.conf")).collect();
    let many: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), b"" as &[u8]))
        .collect();
    let many = refused(&world, gzip(&tar_of(&many)), "20,000 rules").await;
    assert_eq!(many.json()["code"], "bad_rules", "{}", many.text);
    assert!(many.text.contains("at most 10000"), "{}", many.text);
    // The header alone says 50 MB: it is refused before the bytes are read.
    let mut header = tar::Header::new_gnu();
    header.set_path("large.conf").unwrap();
    header.set_size(50_000_000);
    header.set_mode(0o644);
    header.set_cksum();
    let mut large = raw_tar(&[], tar::EntryType::Regular);
    large.truncate(1024);
    large.extend_from_slice(header.as_bytes());
    large.extend_from_slice(&[b'x'; 1024]);
    let large = refused(&world, large, "50 MB").await;
    assert!(large.text.contains("50000000 bytes"), "{}", large.text);
    let zeros = vec![0; 8 * 1024 * 1024];
    let bomb: Vec<u8> = gzip(&tar_of(&[("a.conf", &zeros), ("b.conf", &zeros)]));
    let bomb = refused(&world, bomb, "unpacks 1000x").await;
    assert!(bomb.text.contains("100 times its size"), "{}", bomb.text);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let world = World::new().await;
    let whole = raw_tar(&[b"a.conf"], tar::EntryType::Regular);
    let cut = refused(&world, whole[..1100].to_vec(), "a cut tar").await;
    assert_eq!(cut.json()["code"], "bad_archive", "{}", cut.text);
    let packed = gzip(&whole);
    let cut = refused(&world, packed[..packed.len() / 2].to_vec(), "a cut gzip").await;
    assert_eq!(cut.json()["code"], "bad_archive", "{}", cut.text);
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let before = head(&world);
    let pieces = vec![
        Ok(Bytes::from(whole.clone())),
        Err(std::io::Error::other("gone")),
    ];
    let request = |body| {
        Request::post(PUSH)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/x-tar")
            .body(body)
            .unwrap()
    };
    let broken = world
        .send(request(Body::new(Pieces(pieces.into_iter()))))
        .await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(broken.json()["code"], "truncated_upload", "{}", broken.text);
    let mut short = request(Body::from(whole.clone()));
    let more = (whole.len() + 10).to_string().parse().unwrap();
    short.headers_mut().insert(header::CONTENT_LENGTH, more);
    let short = world.send(short).await;
    assert_eq!(short.json()["code"], "truncated_upload", "{}", short.text);
    let mut long = request(Body::empty());
    long.headers_mut()
        .insert(header::CONTENT_LENGTH, "999999999".parse().unwrap());
    let long = world.send(long).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", long.text);
    let mut form = request(Body::from(whole.clone()));
    let kind = "application/x-www-form-urlencoded".parse().unwrap();
    form.headers_mut().insert(header::CONTENT_TYPE, kind);
    let form = world.send(form).await;
    assert_eq!(
        form.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "{}",
        form.text
    );
    nothing_stayed(&world, before, "an upload that broke off").await;
}

/// A body that comes in pieces.
struct Pieces(std::vec::IntoIter<Result<Bytes, std::io::Error>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        std::task::Poll::Ready(
            self.0
                .next()
                .map(|piece| piece.map(hyper::body::Frame::data)),
        )
    }
}

#[tokio::test]
async fn whoever_may_not_is_told_before_anything_is_read() {
    let world = World::new().await;
    world.live("1", &[("a.conf", "one\n")]).await;
    let archive = raw_tar(&[b"a.conf"], tar::EntryType::Regular);
    let other = Scope::ruleset(&"other".parse().unwrap());
    let elsewhere = world.token("pipeline", other).await;
    let everywhere = world.token("pipeline", Scope::EVERYWHERE).await;
    let pod = world.token("pods", at("ipc2/prod")).await;
    let push = "/api/v1/rulesets/crs/releases?version=2";
    let check = "/api/v1/rulesets/crs/checks?environment=";
    let observe = "/api/v1/rulesets/crs/observations?environment=";
    let at = |path: &str, environment: &str| format!("{path}{environment}");
    let cases: &[(&str, String, u16, &str)] = &[
        (&elsewhere, push.to_owned(), 403, "not_allowed"),
        (&pod, push.to_owned(), 403, "not_allowed"),
        (&elsewhere, at(check, "ipc2/prod"), 403, "not_allowed"),
        (
            &everywhere,
            at(check, "ipc9/prod"),
            404,
            "unknown_environment",
        ),
        (&everywhere, at(check, "nonsense"), 400, "bad_parameter"),
        (
            &everywhere,
            at(observe, "ipc2/nix"),
            404,
            "unknown_environment",
        ),
        (&everywhere, at(observe, "ipc1/prod"), 409, "other_site"),
        (
            &everywhere,
            "/api/v1/rulesets/none/checks?environment=ipc2/prod".into(),
            404,
            "unknown_ruleset",
        ),
        (
            &everywhere,
            "/api/v1/rulesets/none/observations?environment=ipc2/prod".into(),
            404,
            "unknown_ruleset",
        ),
        (
            &everywhere,
            "/api/v1/rulesets/CRS/releases?version=2".into(),
            422,
            "bad_name",
        ),
        (
            &everywhere,
            "/api/v1/rulesets/crs/releases".into(),
            400,
            "bad_parameter",
        ),
        (
            &everywhere,
            "/api/v1/rulesets/crs/releases?version=2+ipc2.1".into(),
            400,
            "bad_parameter",
        ),
        (
            &everywhere,
            "/api/v1/rulesets/crs/releases?version=2%2Bipc2.1".into(),
            422,
            "not_a_planned_name",
        ),
        (
            &everywhere,
            format!("{push}&version=3"),
            400,
            "bad_parameter",
        ),
        (
            &everywhere,
            format!("{push}&colour=red"),
            400,
            "bad_parameter",
        ),
        (
            &everywhere,
            format!("{push}&e1_checksum=12"),
            422,
            "bad_checksum",
        ),
    ];
    let before = head(&world);
    for (token, address, status, code) in cases {
        let answer = world
            .api(Method::POST, token, address, archive.clone())
            .await;
        assert_eq!(
            answer.status.as_u16(),
            *status,
            "{address}: {}",
            answer.text
        );
        assert_eq!(answer.json()["code"], *code, "{address}");
        nothing_stayed(&world, before, address).await;
    }
    let link = format!("{push}&link=javascript:alert(1)");
    let answer = world
        .api(
            Method::POST,
            &everywhere,
            &link,
            tar_of(&[("a.conf", b"two\n")]),
        )
        .await;
    assert_eq!(answer.json()["code"], "bad_link", "{}", answer.text);
    assert_eq!(head(&world), before);
}

#[tokio::test]
async fn an_unknown_version_or_environment_is_not_found() {
    let world = World::new().await;
    world.live("1", &[("a.conf", "one\n")]).await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    for (address, status, code) in [
        ("/api/v1/rulesets/none", 404, "unknown_ruleset"),
        ("/api/v1/rulesets/crs/versions/9", 404, "unknown_version"),
        ("/api/v1/rulesets/crs/versions/no%20name", 422, "bad_name"),
        (
            "/api/v1/rulesets/crs/environments/ipc9/prod",
            404,
            "unknown_environment",
        ),
        ("/api/v1/reviews/ipc2-999", 404, "unknown_review"),
        ("/api/v1/reviews/nonsense", 422, "bad_name"),
        ("/api/v1/hotfixes/crs/1+ipc2.9", 404, "unknown_hotfix"),
        ("/api/v1/ledger/ipc9/entries", 404, "not_found"),
        ("/api/v1/ledger/ipc2/entries/999999", 404, "not_found"),
        ("/api/v1/ledger/ipc2/entries?limit=0", 400, "bad_parameter"),
        (
            "/api/v1/ledger/ipc2/entries?limit=501",
            400,
            "bad_parameter",
        ),
        ("/api/v1/ledger/ipc2/entries?after=-1", 400, "bad_parameter"),
        ("/api/v1/rulesets?after=nobody", 400, "bad_parameter"),
        ("/api/v1/bundles/12", 422, "bad_name"),
    ] {
        let answer = world.api(Method::GET, &token, address, Body::empty()).await;
        assert_eq!(answer.status.as_u16(), status, "{address}: {}", answer.text);
        assert_eq!(answer.json()["code"], code, "{address}");
    }
}
