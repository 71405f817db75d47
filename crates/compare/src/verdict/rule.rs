//! The verdict on one rule file: which texts to compare, how closely, and what it comes to.
//!
//! ```text
//! base     | hotfix         | planned
//! old.conf | (no such file) | old.conf
//! deny a   |                | deny a      overridden: the hotfix had taken the file out
//! ```

use std::borrow::Cow;

use super::compare::Comparison;
use super::doc::Doc;
use super::facts::Draft;
use super::format::{self, Format};
use super::limits::{Budget, Limits};
use super::locate::{Elsewhere, Found};
use super::{
    RuleVerdict, Texts, Unit, Verdict, combine, order, places, precedence, sentences, text, words,
};

/// Judges one path whose bytes differ between base and hotfix.
pub(super) fn judge(
    path: &str,
    base: Option<&[u8]>,
    hotfix: Option<&[u8]>,
    planned_all: &Texts,
    elsewhere: &Elsewhere,
    limits: &Limits,
) -> RuleVerdict {
    let budget = Budget::new(limits.steps_max);
    let planned = planned_all.get(path).copied();
    let answer = |verdict, why: &str| RuleVerdict {
        path: path.to_owned(),
        verdict,
        planned_paths: Vec::new(),
        units: Vec::new(),
        why: why.to_owned(),
    };
    let is_too_large =
        |bytes: Option<&[u8]>| bytes.is_some_and(|b| b.len() > limits.text_bytes_max);
    if is_too_large(base) || is_too_large(hotfix) || is_too_large(planned) {
        return match planned {
            _ if planned == hotfix => answer(
                Verdict::Included,
                "planned holds exactly the bytes of the hotfix",
            ),
            _ if planned == base => answer(
                Verdict::Overridden,
                "planned holds exactly the bytes of before the hotfix",
            ),
            _ => answer(
                Verdict::CannotTell,
                &format!("a text is larger than {} bytes", limits.text_bytes_max),
            ),
        };
    }
    let Some(new) = hotfix else {
        return judge_deleted(path, base, planned, elsewhere, limits, &budget);
    };
    // Where the text lives in planned: under its path, else where it moved to.
    let moved_to = match planned {
        Some(_) => None,
        None => moved_to(path, base, Some(new), elsewhere, limits, &budget),
    };
    let there = match moved_to {
        Some(other) => planned_all.get(other).map(|bytes| (other, *bytes)),
        None => planned.map(|bytes| (path, bytes)),
    };
    let units = compare(path, base, new, there, elsewhere, limits, &budget);
    let is_exact = planned == hotfix;
    let is_as_before = planned.is_some() && planned == base;
    let Some(mut drafts) = units else {
        return match () {
            () if is_exact => answer(
                Verdict::Included,
                "planned holds exactly the bytes of the hotfix",
            ),
            () if is_as_before => answer(
                Verdict::Overridden,
                "planned holds exactly the bytes of before the hotfix",
            ),
            () => answer(
                Verdict::CannotTell,
                &format!("more than {} steps of comparison", limits.steps_max),
            ),
        };
    };
    if drafts.iter().any(|d| !d.is_marker) {
        drafts.retain(|d| !d.is_marker);
    }
    let is_doubted = drafts.iter().any(|d| d.verdict == Verdict::CannotTell);
    let lives_elsewhere = drafts
        .iter()
        .any(|d| d.planned_path.as_deref().is_some_and(|p| p != path));
    if is_exact && !is_doubted {
        drafts
            .iter_mut()
            .for_each(|d| d.verdict = Verdict::Included);
    } else if is_as_before && !lives_elsewhere {
        drafts
            .iter_mut()
            .for_each(|d| d.verdict = Verdict::Overridden);
    }
    finish(path, drafts, is_exact, is_as_before, moved_to, limits)
}

fn finish(
    path: &str,
    drafts: Vec<Draft>,
    is_exact: bool,
    is_as_before: bool,
    moved_to: Option<&str>,
    limits: &Limits,
) -> RuleVerdict {
    let verdict = match drafts.is_empty() {
        true if is_exact => Verdict::Included,
        true if is_as_before => Verdict::Overridden,
        true => Verdict::CannotTell,
        false => combine::over(drafts.iter().map(|d| d.verdict)),
    };
    let mut planned_paths: Vec<String> = drafts
        .iter()
        .filter_map(|d| d.planned_path.clone())
        .collect();
    planned_paths.extend(moved_to.map(str::to_owned));
    planned_paths.sort();
    planned_paths.dedup();
    if planned_paths == [path] {
        planned_paths.clear();
    }
    let total = drafts.len();
    let mut units: Vec<Unit> = drafts.into_iter().map(unit).collect();
    let mut why = match (units.is_empty(), is_exact, is_as_before) {
        (_, true, _) if verdict == Verdict::Included => {
            "planned holds exactly the bytes of the hotfix".to_owned()
        }
        (_, _, true) if verdict == Verdict::Overridden => {
            "planned holds exactly the bytes of before the hotfix".to_owned()
        }
        (true, _, _) => "the change could not be told apart from form alone".to_owned(),
        _ => sentences::evidence(verdict, &units, moved_to.is_some()),
    };
    if total > limits.units_max {
        units.truncate(limits.units_max);
        why.push_str(&format!(
            "; the first {} of {total} changes are listed",
            limits.units_max
        ));
    }
    RuleVerdict {
        path: path.to_owned(),
        verdict,
        planned_paths,
        units,
        why,
    }
}

fn unit(draft: Draft) -> Unit {
    Unit {
        what: draft.what,
        verdict: draft.verdict,
        base: draft.base,
        hotfix: draft.hotfix,
        planned: draft.planned,
    }
}

/// A file that the hotfix took out: included when planned has it neither under its path nor
/// under another.
fn judge_deleted(
    path: &str,
    base: Option<&[u8]>,
    planned: Option<&[u8]>,
    elsewhere: &Elsewhere,
    limits: &Limits,
    budget: &Budget,
) -> RuleVerdict {
    let moved_to = match planned {
        Some(_) => None,
        None => moved_to(path, base, None, elsewhere, limits, budget),
    };
    let lines = |bytes: &[u8]| Some((1, memchr::memchr_iter(b'\n', bytes).count().max(1) as u32));
    let (verdict, why) = match (planned, moved_to) {
        (Some(_), _) => (
            Verdict::Overridden,
            "planned still has the file that the hotfix took out".to_owned(),
        ),
        (None, Some(other)) => (
            Verdict::Overridden,
            format!("planned has the file that the hotfix took out as {other}"),
        ),
        (None, None) => (
            Verdict::Included,
            "planned does not have the file either".to_owned(),
        ),
    };
    let unit = Unit {
        what: "file taken out".to_owned(),
        verdict,
        base: base.and_then(lines),
        hotfix: None,
        planned: planned.and_then(lines),
    };
    let planned_paths = moved_to.map(str::to_owned).into_iter().collect();
    RuleVerdict {
        path: path.to_owned(),
        verdict,
        planned_paths,
        units: vec![unit],
        why,
    }
}

fn moved_to<'a>(
    path: &str,
    base: Option<&[u8]>,
    hotfix: Option<&[u8]>,
    elsewhere: &Elsewhere<'a>,
    limits: &Limits,
    budget: &Budget,
) -> Option<&'a str> {
    [hotfix, base].into_iter().flatten().find_map(|bytes| {
        let [text] = format::decode([Some(bytes)]);
        let doc = format::read_one(path, &text?, limits, budget)?;
        elsewhere.moved_to(path, &doc, budget)
    })
}

/// The single changes, evidence; None when the budget is spent.
fn compare(
    path: &str,
    base: Option<&[u8]>,
    hotfix: &[u8],
    there: Option<(&str, &[u8])>,
    elsewhere: &Elsewhere,
    limits: &Limits,
    budget: &Budget,
) -> Option<Vec<Draft>> {
    let [new, old, other] = format::decode([Some(hotfix), base, there.map(|(_, bytes)| bytes)]);
    let texts = [
        new.as_deref().map(|text| (path, text)),
        old.as_deref().map(|text| (path, text)),
        other
            .as_deref()
            .zip(there)
            .map(|(text, (path, _))| (path, text)),
    ];
    let empty = Doc::new(1).seal();
    let promised = new.as_deref().map(|text| format::promised(path, text));
    let both = there
        .filter(|(other, _)| *other == path)
        .and_then(|_| elsewhere.both(path, hotfix));
    // Read once already, and not as promised: there is no need to try again.
    let is_broken = both.is_some_and(|(format, _, _)| Some(format) != promised);
    let shared = both
        .filter(|_| !is_broken && base.is_none_or(|base| std::str::from_utf8(base).is_ok()))
        .and_then(|(format, new_doc, planned_doc)| {
            let Some(text) = old.as_deref() else {
                return Some((format, new_doc, None, planned_doc));
            };
            // Planned was cut as the hotfix is, too.
            if old == other {
                return Some((
                    format,
                    new_doc,
                    Some(Cow::Borrowed(planned_doc)),
                    planned_doc,
                ));
            }
            let (own, doc) = format::read_as_promised(path, text, new.as_deref()?, limits, budget)?;
            (own == format).then_some((format, new_doc, Some(Cow::Owned(doc)), planned_doc))
        });
    let own;
    let mut breaks_format = false;
    let (new_doc, old_doc, planned_doc) = match &shared {
        Some((_, new_doc, old_doc, planned_doc)) => {
            (*new_doc, old_doc.as_deref(), Some(*planned_doc))
        }
        None => {
            own = format::read_alike(texts, is_broken, limits, budget)?;
            const PLANNED: usize = 2;
            breaks_format = own.format == Format::Text && own.broken == Some(PLANNED);
            let [new_doc, old_doc, planned_doc] = &own.docs;
            (new_doc.as_ref()?, old_doc.as_ref(), planned_doc.as_ref())
        }
    };
    let found = |doc| {
        there.map(|(path, _)| Found {
            path,
            doc,
            index: 0,
        })
    };
    let planned = planned_doc.and_then(found);
    let comparison = Comparison {
        path,
        planned_path: there.map(|(path, _)| path),
        base: old_doc.unwrap_or(&empty),
        hotfix: new_doc,
        elsewhere: Some(elsewhere),
        budget,
    };
    let mut drafts = comparison.judge(old_doc.map(|_| 0), Some(0), planned);
    if drafts.is_empty()
        && let Some(old_doc) = old_doc
    {
        drafts = order::judge(old_doc, new_doc, planned_doc, budget);
    }
    if drafts.is_empty() {
        drafts = compare_form(
            path,
            [new.as_deref(), old.as_deref(), other.as_deref()],
            there,
            budget,
        )?;
    }
    if let Some(there) = planned {
        let planned = (there.path, there.doc);
        places::doubt(&mut drafts, old_doc, new_doc, planned, budget);
        precedence::doubt(&mut drafts, new_doc, planned, budget);
    }
    // Planned no longer reads as what base and hotfix are: nobody knows what it does.
    if breaks_format {
        drafts
            .iter_mut()
            .filter(|d| d.verdict == Verdict::Included)
            .for_each(|d| d.verdict = Verdict::CannotTell);
    }
    (!budget.is_spent()).then_some(drafts)
}

/// Lines that the hotfix changed together, as one unit each: the lines of a comment say one thing,
/// and one of them may be found anywhere. Included is only what is there to the last line; a few
/// lines that happen to be there do not make a part.
fn in_passages(drafts: Vec<Draft>) -> Vec<Draft> {
    // Corpus: .3 to .5 change nothing. At .2 one passage is called a part that its label calls lost; at .125 and less
    // another is, which its label calls so, too.
    const CHANCE: f64 = 0.25;
    let place = |d: &Draft| d.hotfix.or(d.base).map_or(0, |(from, _)| from);
    let mut passages: Vec<Vec<Draft>> = Vec::new();
    let mut last = None;
    for draft in drafts {
        let here = (draft.hotfix.is_some(), place(&draft));
        // Lines without letters between two changed ones do not part them. Corpus: 2 to 12 change no verdict;
        // with 1 passages of comments fall apart, and two files are called a part, one rightly.
        let continues = last
            .is_some_and(|(side, line): (bool, u32)| side == here.0 && here.1.abs_diff(line) <= 3);
        last = Some(here);
        match passages.last_mut() {
            Some(passage) if continues => passage.push(draft),
            _ => passages.push(vec![draft]),
        }
    }
    let joined = passages.into_iter().map(|passage| {
        let included = passage
            .iter()
            .filter(|d| d.verdict == Verdict::Included)
            .count();
        let is_chance = (included as f64) < CHANCE * passage.len() as f64;
        let counted = passage
            .iter()
            .map(|d| d.verdict)
            .filter(|v| !is_chance || *v != Verdict::Included);
        let verdict = combine::over(counted);
        let mut lines = passage.into_iter();
        let mut whole = lines.next()?;
        let more = lines.len();
        for line in lines {
            whole.base = sentences::spanning(whole.base, line.base);
            whole.hotfix = sentences::spanning(whole.hotfix, line.hotfix);
            whole.planned = sentences::spanning(whole.planned, line.planned);
        }
        if more > 0 {
            whole.what = format!("{} and {more} more lines", whole.what);
        }
        whole.verdict = verdict;
        Some(whole)
    });
    joined.flatten().collect()
}

/// For hotfixes that change comments, white space or line ends alone.
fn compare_form(
    path: &str,
    [new, old, other]: [Option<&str>; 3],
    there: Option<(&str, &[u8])>,
    budget: &Budget,
) -> Option<Vec<Draft>> {
    let (Some(new), Some(old)) = (new, old) else {
        return Some(Vec::new());
    };
    let new_doc = text::parse_raw(new, budget)?;
    let old_doc = text::parse_raw(old, budget)?;
    let planned_doc = match other {
        Some(other) => Some(text::parse_raw(other, budget)?),
        None => None,
    };
    let planned = planned_doc
        .as_ref()
        .zip(there)
        .map(|(doc, (path, _))| Found {
            path,
            doc,
            index: 0,
        });
    let comparison = Comparison {
        path,
        planned_path: there.map(|(path, _)| path),
        base: &old_doc,
        hotfix: &new_doc,
        elsewhere: None,
        budget,
    };
    let drafts = comparison.judge(Some(0), Some(0), planned);
    if !drafts.is_empty() {
        return Some(in_passages(drafts));
    }
    let verdict = match other {
        Some(other) => words::three_way_lines(old, new, other, budget),
        None => Verdict::Removed,
    };
    Some(vec![Draft {
        what: "white space or line ends".to_owned(),
        verdict,
        base: None,
        hotfix: None,
        planned: None,
        planned_path: there.map(|(path, _)| path.to_owned()),
        is_marker: false,
    }])
}
