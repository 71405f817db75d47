//! The documentation holds what it says: commands, links, kinds, roles and acts exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use rulegate_ledger::access::{Act, Role};
use rulegate_ledger::event::Event;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page with its text, as (path, text).
fn pages() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![
        root().join("README.md"),
        root().join("docs"),
        root().join("demo"),
    ];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|ending| ending == "md") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(found.len() > 10, "only {} pages", found.len());
    found
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The fenced blocks of a page as (language, text).
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            match open.take() {
                Some(block) => blocks.push(block),
                None => open = Some((language.trim().to_owned(), String::new())),
            }
        } else if let Some((_, block)) = &mut open {
            block.push_str(line);
            block.push('\n');
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// A page without its fenced blocks.
fn prose(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn the_readme_begins_with_how_to_run_and_how_to_test() {
    let commands: Vec<String> = blocks(&page("README.md"))
        .into_iter()
        .filter(|(language, _)| language == "sh")
        .map(|(_, text)| text)
        .collect();
    assert_eq!(commands[0], "cargo run --release -- demo\n");
    assert_eq!(commands[1], "scripts/test\n");
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    prose(text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for (path, text) in pages() {
        for part in prose(&text).split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            let there = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let is_good = there.exists()
                && (place.is_empty()
                    || anchors(&std::fs::read_to_string(&there).unwrap()).contains(place));
            if !is_good {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Commands that a page tells people to type, `rulegate WORD [WORD]`: in lines of blocks, and as code spans.
fn commands_named(text: &str) -> Vec<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for (_, block) in blocks(text) {
        lines.extend(block.lines().map(str::to_owned));
    }
    let prose = prose(text);
    let spans = prose.split('`').skip(1).step_by(2);
    lines.extend(
        spans
            .filter(|span| span.starts_with("rulegate "))
            .map(str::to_owned),
    );
    let is_word = |word: &&&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    let mut named = Vec::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        for (at, _) in words
            .iter()
            .enumerate()
            .filter(|(_, word)| **word == "rulegate")
        {
            let command: Vec<String> = words[at + 1..]
                .iter()
                .take(2)
                .take_while(is_word)
                .map(|w| (*w).to_owned())
                .collect();
            if !command.is_empty() {
                named.push(command);
            }
        }
    }
    named
}

#[test]
fn every_command_named_exists() {
    let cli = rulegate::cli::Cli::command();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in pages() {
        for command in commands_named(&text) {
            count += 1;
            let Some(found) = cli.find_subcommand(&command[0]) else {
                wrong.push(format!(
                    "{}: rulegate {}",
                    path.display(),
                    command.join(" ")
                ));
                continue;
            };
            if found.has_subcommands()
                && command
                    .get(1)
                    .is_some_and(|name| found.find_subcommand(name).is_none())
            {
                wrong.push(format!(
                    "{}: rulegate {}",
                    path.display(),
                    command.join(" ")
                ));
            }
        }
    }
    assert!(count > 20, "only {count} commands are named");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_flag_of_serve_is_described() {
    let cli = rulegate::cli::Cli::command();
    let serve = cli.find_subcommand("serve").unwrap();
    let settings = page("docs/operate/settings.md");
    for argument in serve.get_arguments() {
        let Some(flag) = argument.get_long().filter(|name| *name != "help") else {
            continue;
        };
        assert!(
            settings.contains(&format!("`--{flag}`")),
            "--{flag} is not described"
        );
        if let Some(variable) = argument.get_env() {
            let variable = variable.to_string_lossy();
            assert!(
                settings.contains(&format!("`{variable}`")),
                "{variable} is not described"
            );
        }
    }
}

/// Variables of the environment in packaging files and pages are ones that the program, a script or a test reads.
#[test]
fn every_variable_named_is_read() {
    let mut texts: Vec<String> = pages().into_iter().map(|(_, text)| text).collect();
    texts.extend([page("Dockerfile"), page("compose.yaml")]);
    let mut sources = String::new();
    for (folder, ending) in [
        ("src", ".rs"),
        ("scripts", ".py"),
        ("tests/it/harness", ".rs"),
    ] {
        for (_, text) in super::tidy::files(folder, ending) {
            sources.push_str(&text);
        }
    }
    for text in texts {
        for part in text.split("RULEGATE_").skip(1) {
            let name: String = part
                .chars()
                .take_while(|c| c.is_ascii_uppercase() || *c == '_')
                .collect();
            let name = format!("\"RULEGATE_{name}\"");
            assert!(sources.contains(&name), "nothing reads {name}");
        }
    }
}

#[test]
fn every_kind_of_entry_is_described() {
    let text = page("docs/ledger-format.md");
    for kind in Event::KINDS {
        assert!(
            text.contains(&format!("`{kind}`")),
            "{kind} is not described"
        );
    }
    let head = "76c7a865e8ef88e972762a48558928261e3566c05e97ab07b88d79ae4c6632f1";
    assert!(text.contains(head), "the vector's head is not printed");
}

/// The table of rights in the guides is the one in force.
#[test]
fn every_right_is_in_the_table() {
    let text = page("docs/guides/README.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("`"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    for act in Act::ALL {
        let name = format!("`{act:?}`");
        let row = rows
            .iter()
            .find(|row| row[0] == name)
            .unwrap_or_else(|| panic!("{name} has no row"));
        assert_eq!(row[1], act.words(), "{name}");
        let roles: Vec<&str> = rulegate_ledger::access::roles_for(act)
            .into_iter()
            .map(Role::name)
            .collect();
        assert_eq!(row[2], roles.join(", "), "{name}");
        let token = if act.needs_a_person() { "no" } else { "yes" };
        assert_eq!(row[3], token, "{name}");
    }
    for role in Role::ALL {
        assert!(
            text.contains(&format!("`{}`", role.name())),
            "{} is not described",
            role.name()
        );
    }
}

/// The verifier that the page shows finds the vector whole. Runs where Python is installed.
#[test]
fn the_verifier_in_the_page_accepts_the_vector() {
    let (_, program) = blocks(&page("docs/ledger-format.md"))
        .into_iter()
        .find(|(language, _)| language == "python")
        .expect("the page shows a verifier");
    let vector = root().join("tests/fixtures/ledger/vector.ndjson");
    let run = std::process::Command::new("python3")
        .arg("-c")
        .arg(program)
        .arg(&vector)
        .output();
    let Ok(run) = run else {
        eprintln!("python3 is not installed: not tried");
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert_eq!(
        said.trim(),
        "ipc2: 48 entries, 9 contents, 3 checkpoints, whole and unchanged"
    );
}

#[test]
fn pages_speak_of_the_product_alone() {
    for (path, text) in pages() {
        let lower = text.to_lowercase();
        assert!(
            !lower.contains("session"),
            "{} says 'session': say sign-in",
            path.display()
        );
    }
}
