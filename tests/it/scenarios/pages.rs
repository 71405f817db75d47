//! The pages under `docs/scenarios` are made of the scenarios and stay in step with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::book::{self, Scenario};
use super::{acts, checks};
use crate::harness::golden;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios")
}

/// A sentence as a page shows it: rule texts, names and words to read stand out by themselves.
fn page(scenario: &Scenario) -> String {
    let mut text = format!("# {}\n\n", scenario.title);
    for line in &scenario.told {
        text.push_str(&format!("> {line}\n"));
    }
    for part in &scenario.parts {
        text.push_str(&format!("\n## {}\n\n", part.heading));
        for (number, step) in part.steps.iter().enumerate() {
            text.push_str(&format!("{}. {}.\n", number + 1, step.text));
        }
    }
    text.push_str(&format!(
        "\nPlayed in memory, on two SQLite files and on two PostgreSQL clusters by `cargo test --test it scenarios::`; \
         written in [`{0}.txt`](../../tests/it/scenarios/{0}.txt).\n",
        scenario.name
    ));
    text
}

fn index(scenarios: &[Scenario]) -> String {
    let mut text = String::from(
        "# Scenario book\n\n\
         What happens when. Every story here is played by the tests, sentence by sentence, against the real program: \
         two sites with their own ledgers, people with one role each, links that are cut, sites that stop. The pages \
         are made of the files under `tests/it/scenarios`; a test keeps them in step.\n\n\
         People: Ana and Lucy are release admins, Rita and Tom reviewers, Theo is an author, Mara a validator, Omar \
         an operator, Otto an auditor, Adam an admin. The rule set is `crs`. In rules, `/` stands between lines.\n\n\
         | story | question |\n|---|---|\n",
    );
    for scenario in scenarios {
        text.push_str(&format!(
            "| [{}]({}.md) | {} |\n",
            scenario.title, scenario.name, scenario.told[0]
        ));
    }
    text.push_str(
        "\n## Sentences\n\nA story is a text file: `# ` its title, `> ` the question and the answer, `## ` a heading, \
         `- ` a step. A step is one of these sentences. Any act may end in `and is refused: ` with words or the code \
         of the refusal. A check waits a while for what comes by itself. A sentence that is none of these fails the \
         test with its line.\n\n",
    );
    for pattern in acts::patterns().chain(checks::patterns()) {
        text.push_str(&format!("- `{pattern}`\n"));
    }
    text
}

#[test]
fn the_pages_are_in_step() {
    let scenarios = book::all();
    let mut pages = BTreeMap::from([("README.md".to_owned(), index(&scenarios))]);
    for scenario in &scenarios {
        pages.insert(format!("{}.md", scenario.name), page(scenario));
    }
    if golden::is_writing() {
        let _ = std::fs::remove_dir_all(folder());
        std::fs::create_dir_all(folder()).unwrap();
    }
    for (name, text) in &pages {
        golden::check(&format!("docs/scenarios/{name}"), text);
    }
    let mut there = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        there.push(entry.unwrap().file_name().into_string().unwrap());
    }
    there.sort();
    assert_eq!(there, pages.into_keys().collect::<Vec<_>>());
}
