//! A scenario as text: a title, what is asked and answered, and steps in sentences that people read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One story of the book.
pub struct Scenario {
    /// Its file's name without the ending.
    pub name: String,
    pub title: String,
    /// Lines of the question and of the answer.
    pub told: Vec<String>,
    pub parts: Vec<Part>,
}

/// Steps under a heading.
pub struct Part {
    pub heading: String,
    pub steps: Vec<Step>,
}

/// One sentence.
pub struct Step {
    /// Line of the file, from 1.
    pub line: usize,
    pub text: String,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/scenarios")
}

/// Every scenario, in the order of the files' names.
pub fn all() -> Vec<Scenario> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 20, "only {} scenarios", paths.len());
    let read = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        parse(&name, &text).unwrap_or_else(|e| panic!("{e}"))
    };
    paths.iter().map(read).collect()
}

/// Reads a scenario. Errors name the file and the line.
pub fn parse(name: &str, text: &str) -> Result<Scenario, String> {
    let mut scenario = Scenario {
        name: name.to_owned(),
        title: String::new(),
        told: Vec::new(),
        parts: Vec::new(),
    };
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let wrong = |what: &str| Err(format!("{name}.txt, line {number}: {what}: {line}"));
        if let Some(title) = line.strip_prefix("# ") {
            scenario.title = title.to_owned();
        } else if let Some(told) = line.strip_prefix("> ") {
            scenario.told.push(told.to_owned());
        } else if let Some(heading) = line.strip_prefix("## ") {
            scenario.parts.push(Part {
                heading: heading.to_owned(),
                steps: Vec::new(),
            });
        } else if let Some(text) = line.strip_prefix("- ") {
            let Some(part) = scenario.parts.last_mut() else {
                return wrong("a step before the first heading");
            };
            part.steps.push(Step {
                line: number,
                text: text.trim_end_matches('.').to_owned(),
            });
        } else if !line.trim().is_empty() {
            return wrong("neither title, told, heading nor step");
        }
    }
    if scenario.title.is_empty() || scenario.told.is_empty() || scenario.parts.is_empty() {
        return Err(format!("{name}.txt: a title, what it tells, and steps"));
    }
    Ok(scenario)
}

/// What a sentence filled into the blanks of a pattern.
pub type Blanks = BTreeMap<&'static str, String>;

/// Blanks that may hold spaces; every other holds one word.
const LONG: &[&str] = &["words", "reason", "rules", "targets", "page"];

/// Fills the blanks of `pattern` (`{who} asks for {version}`) from `text`; `None` if it does not fit.
pub fn fit(pattern: &'static str, text: &str) -> Option<Blanks> {
    let mut blanks = Blanks::new();
    fits(pattern, text, &mut blanks).then_some(blanks)
}

fn fits(pattern: &'static str, text: &str, blanks: &mut Blanks) -> bool {
    let Some(open) = pattern.find('{') else {
        return pattern == text;
    };
    let (literal, rest) = pattern.split_at(open);
    let Some(text) = text.strip_prefix(literal) else {
        return false;
    };
    let close = rest.find('}').expect("a pattern closes its blanks");
    let (blank, rest) = (&rest[1..close], &rest[close + 1..]);
    let next = rest.split('{').next().unwrap_or_default();
    let mut ends: Vec<usize> = match (rest.is_empty(), next) {
        (true, _) => vec![text.len()],
        (false, next) => text.match_indices(next).map(|(at, _)| at).collect(),
    };
    ends.retain(|end| *end > 0);
    for end in ends {
        let value = &text[..end];
        if !LONG.contains(&blank) && value.contains(' ') {
            continue;
        }
        blanks.insert(blank, value.to_owned());
        if fits(rest, &text[end..], blanks) {
            return true;
        }
    }
    blanks.remove(blank);
    false
}
