//! What the author of a sent-back hotfix gets, tried with the real git.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use crate::harness::world::World;

pub type Tree = BTreeMap<String, Vec<u8>>;

pub const BASE: &[(&str, &str)] = &[
    ("crlf.conf", "a\r\nb\r\nc\r\n"),
    ("gone.conf", "to be taken out\n"),
    ("kept.conf", "1\n2\n3\n4\n5\n6\n7\n8\n"),
    ("no-newline.conf", "x\ny\nz"),
    ("räksmörgås/ß.conf", "å\nä\nö\n"),
    ("with space.conf", "one\ntwo\nthree\n"),
    ("fight.conf", "1\n2\n3\n4\n5\n6\n7\n"),
];

pub const HOTFIX: &[(&str, &str)] = &[
    ("crlf.conf", "a\r\nB fixed\r\nc\r\n"),
    ("gone.conf", ""),
    ("new/rule.conf", "added\nwithout newline"),
    ("no-newline.conf", "x\ny\nz fixed"),
    ("räksmörgås/ß.conf", "å\nä fixed\nö\n"),
    ("with space.conf", "one fixed\ntwo\nthree\n"),
    ("fight.conf", "1 fixed\n2\n3\n4\n5\n6\n7 fixed\n"),
];

/// Planned went on elsewhere, and changed one line that the hotfix changed too.
pub const PLANNED: &[(&str, &str)] = &[
    ("crlf.conf", "a\r\nb\r\nc\r\nd\r\n"),
    ("gone.conf", "to be taken out\n"),
    ("kept.conf", "1\n2\n3\n4\n5\n6\n7\n8\n9\n"),
    ("no-newline.conf", "w\nx\ny\nz"),
    ("räksmörgås/ß.conf", "å\nä\nö\nø\n"),
    ("with space.conf", "one\ntwo\nthree\nfour\n"),
    ("fight.conf", "1\n2\n3\n4\n5\n6\n7 planned\n"),
];

pub fn tree(texts: &[(&str, &str)]) -> Tree {
    let rules = texts.iter().filter(|(_, text)| !text.is_empty());
    rules
        .map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()))
        .collect()
}

fn write(folder: &Path, tree: &Tree) {
    for (path, bytes) in tree {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

fn read(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                tree.insert(name.to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    tree
}

/// What git makes of a tree with a patch.
pub fn applied(tree: &Tree, patch: &[u8]) -> Tree {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), tree);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), patch).unwrap();
    let done = std::process::Command::new("git")
        .args(["apply", "--whitespace=nowarn"])
        .arg(file.path())
        .current_dir(folder.path())
        .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap())
        .output()
        .expect("git runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    read(folder.path())
}

/// A download's bytes, with its file name.
async fn download(world: &World, cookie: &str, address: &str) -> (String, Vec<u8>) {
    let request = Request::get(address)
        .header(header::COOKIE, cookie)
        .header(header::HOST, "portal.test")
        .body(Body::empty())
        .unwrap();
    let answer = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{address}");
    let name = answer.headers()[header::CONTENT_DISPOSITION]
        .to_str()
        .unwrap()
        .to_owned();
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX)
        .await
        .unwrap();
    (name, bytes.to_vec())
}

pub fn unpacked(archive: &[u8]) -> Tree {
    let mut tar = tar::Archive::new(archive);
    let entries = tar.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (path, bytes)
    });
    entries.collect()
}

pub async fn hotfixed() -> World {
    let world = World::new().await;
    world.live("1", BASE).await;
    super::desk::hotfixed(&world, HOTFIX).await;
    world.release("2", PLANNED).await;
    world
}

const HERE: &str = "/hotfixes/crs/1%2Bipc2.1";

#[tokio::test]
async fn git_applies_the_hotfix_to_its_baseline() {
    let world = hotfixed().await;
    let theo = world.sign_in("theo").await;
    let (name, patch) = download(&world, &theo, &format!("{HERE}/hotfix.patch")).await;
    assert_eq!(name, "attachment; filename=\"crs-1+ipc2.1.patch\"");
    let mut expected = tree(BASE);
    expected.extend(tree(HOTFIX));
    expected.remove("gone.conf");
    assert_eq!(applied(&tree(BASE), &patch), expected);
}

#[tokio::test]
async fn the_draft_is_planned_with_the_hotfix_where_that_is_clean() {
    let world = hotfixed().await;
    let theo = world.sign_in("theo").await;
    let (name, archive) = download(&world, &theo, &format!("{HERE}/into/2/draft.tar")).await;
    assert!(name.contains("DRAFT"), "{name}");
    let archive = unpacked(&archive);
    let draft: Tree = archive
        .iter()
        .filter_map(|(path, bytes)| {
            let path = path.strip_prefix("DRAFT-not-released/rules/")?;
            Some((path.to_owned(), bytes.clone()))
        })
        .collect();
    let expected = tree(&[
        ("crlf.conf", "a\r\nB fixed\r\nc\r\nd\r\n"),
        ("kept.conf", "1\n2\n3\n4\n5\n6\n7\n8\n9\n"),
        ("new/rule.conf", "added\nwithout newline"),
        ("no-newline.conf", "w\nx\ny\nz fixed"),
        ("räksmörgås/ß.conf", "å\nä fixed\nö\nø\n"),
        ("with space.conf", "one fixed\ntwo\nthree\nfour\n"),
        ("fight.conf", "1 fixed\n2\n3\n4\n5\n6\n7 planned\n"),
    ]);
    assert_eq!(draft, expected);
    let (_, patch) = download(&world, &theo, &format!("{HERE}/into/2/draft.patch")).await;
    assert_eq!(applied(&tree(PLANNED), &patch), expected);
    assert_eq!(archive["DRAFT-not-released/draft.patch"], patch);
    assert!(archive.contains_key("DRAFT-not-released/hotfix.patch"));
    let told = String::from_utf8(archive["DRAFT-not-released/READ-ME-FIRST.txt"].clone()).unwrap();
    assert!(told.starts_with("A draft, not a release."), "{told}");
    assert!(
        told.contains("fight.conf: put in at 1 place, 1 place left"),
        "{told}"
    );
    assert!(
        told.contains("the hotfix has line 7, planned line 7; it was line 7"),
        "{told}"
    );
}

#[tokio::test]
async fn the_page_says_that_it_is_a_draft_and_what_is_left() {
    let world = hotfixed().await;
    let versions = world
        .app
        .snapshot()
        .state
        .versions(&"crs".parse().unwrap())
        .len();
    let theo = world.sign_in("theo").await;
    let page = world.get(&theo, &format!("{HERE}/into/2")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.select(".notice.warn")
            .join(" ")
            .contains("nothing applies it by itself")
    );
    let rows = page.select("table.verdicts tbody tr");
    assert_eq!(rows.len(), HOTFIX.len());
    let left: Vec<&String> = rows.iter().filter(|row| !row.contains("nothing")).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].contains("fight.conf"));
    assert_eq!(
        page.select("details.rule").len(),
        HOTFIX.len(),
        "each differs from planned"
    );
    let after = world
        .app
        .snapshot()
        .state
        .versions(&"crs".parse().unwrap())
        .len();
    assert_eq!(after, versions, "nothing is stored");
    let detail = world.get(&theo, HERE).await;
    let links = detail.attribute("a", "href");
    assert!(links.contains(&format!("{HERE}/into/2")), "{links:?}");
    assert!(links.contains(&format!("{HERE}/hotfix.patch")));
}

#[tokio::test]
async fn a_draft_that_holds_nothing_says_so() {
    let lines = |word: &str| -> String { (0..9).map(|n| format!("{n} {word}\nkept\n")).collect() };
    let (base, fixed, planned) = (lines("base"), lines("fixed"), lines("planned"));
    let world = World::new().await;
    world.live("1", &[("a.conf", &base)]).await;
    super::desk::hotfixed(&world, &[("a.conf", &fixed)]).await;
    world.release("2", &[("a.conf", &planned)]).await;
    let theo = world.sign_in("theo").await;
    let page = world.get(&theo, &format!("{HERE}/into/2")).await;
    assert!(
        page.text.contains("nothing could be put in"),
        "{}",
        page.text
    );
    let links = page.attribute("a[download]", "href");
    assert!(!links.iter().any(|href| href.ends_with("draft.patch")));
    // Nine places are one sentence, not nine.
    let row = page.select("table.verdicts tbody tr").join("");
    let told = "both changed 9 places; in planned at lines 1, 3, 5, 7, 9, 11 and 3 more";
    assert!(row.contains(told), "{row}");
}

#[tokio::test]
async fn a_rule_that_planned_moved_is_merged_where_it_stands_now() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let case = corpus.join("kubeprom-0.9-renamed-file");
    let text =
        |side: &str, path: &str| std::fs::read_to_string(case.join(side).join(path)).unwrap();
    const OLD: &str = "manifests/kubernetes-prometheusRule.yaml";
    const NEW: &str = "manifests/kubernetesControlPlane-prometheusRule.yaml";
    let (base, hotfix, planned) = (text("base", OLD), text("hotfix", OLD), text("planned", NEW));
    let world = World::new().await;
    world.live("1", &[(OLD, &base), ("z.conf", "z\n")]).await;
    super::desk::hotfixed(&world, &[(OLD, &hotfix)]).await;
    world
        .release("2", &[(NEW, &planned), ("z.conf", "z\n")])
        .await;
    let theo = world.sign_in("theo").await;
    let page = world.get(&theo, &format!("{HERE}/into/2")).await;
    let rows = page.select("table.verdicts tbody tr");
    assert!(rows[0].contains(&format!("now {NEW}")), "{rows:?}");
    assert!(rows[0].contains("put in at"), "{rows:?}");
    let (_, patch) = download(&world, &theo, &format!("{HERE}/into/2/draft.patch")).await;
    let planned = tree(&[(NEW, &planned), ("z.conf", "z\n")]);
    let draft = String::from_utf8(applied(&planned, &patch)[NEW].clone()).unwrap();
    // What planned lacks of the hotfix is in the draft.
    assert!(
        draft.contains("kube_daemonset_status_updated_number_scheduled"),
        "the metric's new name"
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_here() {
    let world = hotfixed().await;
    let theo = world.sign_in("theo").await;
    for address in [
        "/hotfixes/crs/9%2Bipc2.9/hotfix.patch",
        "/hotfixes/crs/nonsense/into/2",
        "/hotfixes/crs/1%2Bipc2.1/into/9",
        "/hotfixes/crs/1%2Bipc2.1/into/9/draft.tar",
        "/hotfixes/none/1%2Bipc2.1/into/2/draft.patch",
    ] {
        let answer = world.get(&theo, address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
    }
    let out = world
        .get("rulegate=x", &format!("{HERE}/hotfix.patch"))
        .await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
}
