//! No two files need each other: whoever reads one can stop at the files that it names.
//!
//! A file needs another if it says `use` or writes out a path (`crate::`, `super::`, `self::`, `rulegate_x::`) to a
//! name that lives there. A name that a module only imports or re-exports lives where it was imported from. A module
//! and the modules under it are one thing told in several files: that it re-exports them, or that they name what it
//! holds, is no need. What follows `#[cfg(test)]` is not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::iter::Peekable;
use std::path::Path;

/// A circle of files that all lie in such a folder may be; each has its reason.
const ALLOWED: &[&str] = &[
    // Rewritten by the issue on the verdict; until then its rules call each other.
    "crates/compare/src/verdict/",
];

/// A module's place: the crate's name, then the modules down to it.
type Module = Vec<String>;

/// One path of a file, as far as it is written out.
struct Named {
    path: Vec<String>,
    /// What it is called here, if a `use` brought it here.
    alias: Option<String>,
    /// Whether others may name it through this module.
    is_public: bool,
}

/// Stands for `::`, so that a path is one word.
const INTO: char = '\u{1}';

/// The words and signs of a file up to its tests, without comments and texts.
fn words(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let chars: Vec<char> = text.replace("::", "\u{1}").chars().collect();
    let (mut at, mut found) = (0, Vec::new());
    let is_word = |c: &char| c.is_alphanumeric() || matches!(*c, '_' | INTO);
    while at < chars.len() {
        let rest = &chars[at..];
        let hashes = rest.iter().skip(1).take_while(|c| **c == '#').count();
        let skipped = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n'),
            ['r', ..] if rest.get(1 + hashes) == Some(&'"') => {
                let end: Vec<char> = format!("\"{}", "#".repeat(hashes)).chars().collect();
                let mut parts = rest[2 + hashes..].windows(end.len());
                let length = parts.position(|part| part == end);
                length.map(|length| length + 2 * (1 + hashes) + 1)
            }
            ['"', body @ ..] => {
                let mut escaped = false;
                let is_end = |c: &char| {
                    let is_end = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    is_end
                };
                body.iter().position(is_end).map(|length| length + 2)
            }
            ['\'', '\\', _, body @ ..] => body.iter().position(|c| *c == '\'').map(|n| n + 4),
            ['\'', _, '\'', ..] => Some(3),
            [c, ..] => {
                let length = rest.iter().take_while(|c| is_word(c)).count().max(1);
                if !c.is_whitespace() {
                    found.push(rest[..length].iter().collect());
                }
                Some(length)
            }
            [] => None,
        };
        at += skipped.unwrap_or(rest.len());
    }
    found
}

/// Reads what follows `use` up to its end: a path, or a tree of them.
fn used<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    above: &[String],
    is_public: bool,
    into: &mut Vec<Named>,
) {
    let (mut path, mut alias) = (above.to_vec(), None);
    while let Some(word) = words.next_if(|word| !matches!(*word, "," | "}" | ";")) {
        match word {
            "{" => {
                while words.next_if_eq(&"}").is_none() {
                    used(words, &path, is_public, into);
                    words.next_if_eq(&",");
                }
                return;
            }
            "as" => alias = words.next().map(str::to_owned),
            // `a::{self}` is `a`.
            "self" if !path.is_empty() => {}
            word => path.extend(parts(word)),
        }
    }
    let alias = alias.or(path.last().cloned());
    into.push(Named {
        path,
        alias,
        is_public,
    });
}

fn parts(word: &str) -> impl Iterator<Item = String> {
    let parts = word.split(INTO).filter(|part| !part.is_empty());
    parts.map(str::to_owned)
}

/// Every path that a file writes out.
fn named(text: &str) -> Vec<Named> {
    let (words, mut found, mut before) = (words(text), Vec::new(), "");
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        if word == "use" && words.peek() != Some(&"<") {
            used(&mut words, &[], matches!(before, "pub" | ")"), &mut found);
        } else if word.contains(INTO) && before != "$" {
            found.push(Named {
                path: parts(word).collect(),
                alias: None,
                is_public: false,
            });
        }
        before = word;
    }
    found
}

/// All files by the module that each is.
struct House {
    files: BTreeMap<Module, (String, Vec<Named>)>,
}

impl House {
    fn read(folders: &[(String, String)]) -> House {
        let mut files = BTreeMap::new();
        for (krate, folder) in folders {
            for (path, text) in super::files(folder, ".rs") {
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                let path = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                let inside = path[folder.len() + 1..].strip_suffix(".rs").unwrap();
                let inside = inside.strip_suffix("/mod").unwrap_or(inside);
                let parts = inside.split('/').filter(|part| *part != "lib");
                let module = std::iter::once(krate.as_str()).chain(parts);
                files.insert(module.map(str::to_owned).collect(), (path, named(&text)));
            }
        }
        House { files }
    }

    /// The module where the name at the end of a path lives, which `from` writes out; `None`: not ours.
    fn home(&self, from: &Module, path: &[String], is_use: bool, depth: usize) -> Option<Module> {
        let mut module = match path.first()?.as_str() {
            "crate" => vec![from[0].clone()],
            "self" => from.clone(),
            "super" => from[..from.len() - 1].to_vec(),
            krate
                if self.files.contains_key(std::slice::from_ref(&path[0])) && krate != from[0] =>
            {
                vec![path[0].clone()]
            }
            _ => {
                let child = [from.as_slice(), &path[..1]].concat();
                return match is_use && self.files.contains_key(&child) {
                    true => self.descend(child, &path[1..], depth),
                    false => None,
                };
            }
        };
        let mut rest = &path[1..];
        while rest.first().is_some_and(|word| word == "super") {
            module.pop();
            rest = &rest[1..];
        }
        self.descend(module, rest, depth)
    }

    fn descend(&self, module: Module, path: &[String], depth: usize) -> Option<Module> {
        let Some(word) = path.first().filter(|_| depth < 9) else {
            return Some(module);
        };
        let child = [module.as_slice(), std::slice::from_ref(word)].concat();
        if self.files.contains_key(&child) {
            return self.descend(child, &path[1..], depth);
        }
        let (_, named) = self.files.get(&module)?;
        let brought = named
            .iter()
            .find(|one| one.alias.as_ref() == Some(word) && one.path.len() > 1);
        match brought.and_then(|one| self.home(&module, &one.path, true, depth + 1)) {
            Some(home) if home != module => self.descend(home, &path[1..], depth + 1),
            _ => Some(module),
        }
    }

    /// For each file the files that it needs, with the names.
    fn needs(&self) -> BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> {
        let mut needs: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
        for (module, (file, named)) in &self.files {
            for one in named {
                let is_use = one.alias.is_some();
                let Some(home) = self.home(module, &one.path, is_use, 0) else {
                    continue;
                };
                let is_told = one.is_public && home.starts_with(module);
                if is_told || module.starts_with(&home) {
                    continue;
                }
                if let Some((target, _)) = self.files.get(&home) {
                    let name = one.path.last().unwrap().clone();
                    needs
                        .entry(file)
                        .or_default()
                        .entry(target)
                        .or_default()
                        .insert(name);
                }
            }
        }
        needs
    }
}

/// The circles: files of which each needs each other one, on whatever way.
fn circles<'a>(
    needs: &BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>,
) -> Vec<BTreeSet<&'a str>> {
    let reached = |start: &'a str| {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![start]);
        while let Some(file) = todo.pop() {
            for next in needs.get(file).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(*next) {
                    todo.push(next);
                }
            }
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<&str>> =
        needs.keys().map(|file| (*file, reached(file))).collect();
    let circle = |file: &&'a str| -> BTreeSet<&'a str> {
        let there = all[file].iter().copied();
        there
            .filter(|other| all.get(other).is_some_and(|back| back.contains(file)))
            .collect()
    };
    let found: BTreeSet<BTreeSet<&str>> = all.keys().map(circle).collect();
    found
        .into_iter()
        .filter(|circle| !circle.is_empty())
        .collect()
}

#[test]
fn no_files_need_each_other() {
    let mut folders = vec![("rulegate".to_owned(), "src".to_owned())];
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).unwrap() {
        let entry = entry.unwrap();
        if !entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().into_string().unwrap();
        folders.push((format!("rulegate_{name}"), format!("crates/{name}/src")));
    }
    let house = House::read(&folders);
    let needs = house.needs();
    let mut told = String::new();
    for circle in circles(&needs) {
        if ALLOWED
            .iter()
            .any(|folder| circle.iter().all(|file| file.starts_with(folder)))
        {
            continue;
        }
        writeln!(told, "a circle of {}:", circle.len()).unwrap();
        for file in &circle {
            for (target, names) in needs[file]
                .iter()
                .filter(|(target, _)| circle.contains(*target))
            {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                writeln!(told, "  {file} -> {target}: {}", names.join(", ")).unwrap();
            }
        }
    }
    assert!(told.is_empty(), "{told}");
}
