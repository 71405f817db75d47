//! Changes inside one value: which words the hotfix put in or took out, and whether planned has
//! them so.
//!
//! ```text
//! base            | hotfix          | planned
//! load > 5 and up | load > 8 and up | avg(load) > 8 and up    included: 8 stands where 5 stood
//! ```

use std::collections::HashMap;

use super::Verdict;
use super::edits::edits;
use super::limits::Budget;

/// Cuts a text into words: runs of letters, digits and `_`, and every other visible character for
/// itself. Only ASCII white space is dropped; a character that merely looks like space is a word.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let first = rest.chars().next()?;
        let end = if is_word(first) {
            rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some(word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The same text with every run of ASCII white space as one space, trimmed.
pub(super) fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_ascii_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

/// Share of words that two texts have in common, order left out, from 0 to 1.
pub(super) fn alike(a: &str, b: &str, budget: &Budget) -> f64 {
    if !budget.take((a.len() + b.len()) / 3 + 10) {
        return 0.0;
    }
    let mut counts: HashMap<&str, i32> = HashMap::new();
    let (mut len_a, mut len_b, mut same) = (0, 0, 0);
    for word in words(a) {
        *counts.entry(word).or_default() += 1;
        len_a += 1;
    }
    for word in words(b) {
        len_b += 1;
        if let Some(left) = counts.get_mut(word).filter(|left| **left > 0) {
            *left -= 1;
            same += 1;
        }
    }
    if len_a + len_b == 0 {
        0.0
    } else {
        2.0 * f64::from(same) / f64::from(len_a + len_b)
    }
}

/// The three texts as numbers, one for each different word; the first and last number of each
/// stand for its start and end, so that these are context too.
struct Three<'a> {
    base: Vec<u32>,
    hotfix: Vec<u32>,
    planned: Vec<u32>,
    text: Vec<&'a str>,
}

const START: u32 = 0;
const END: u32 = 1;

impl<'a> Three<'a> {
    fn new<I: Iterator<Item = &'a str>>(base: I, hotfix: I, planned: I) -> Three<'a> {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut text = vec!["", ""];
        let mut number = |value: I| {
            let mut out = vec![START];
            for word in value {
                let next = text.len() as u32;
                out.push(*numbers.entry(word).or_insert_with(|| {
                    text.push(word);
                    next
                }));
            }
            out.push(END);
            out
        };
        let (base, hotfix, planned) = (number(base), number(hotfix), number(planned));
        Three {
            base,
            hotfix,
            planned,
            text,
        }
    }

    /// Enough said to be recognised without its neighbours.
    fn is_telling(&self, words: &[u32]) -> bool {
        words
            .iter()
            .map(|w| {
                self.text[*w as usize]
                    .chars()
                    .filter(|c| is_word(*c))
                    .count()
            })
            .sum::<usize>()
            >= 3
    }
}

/// Where each word of a text stands, for counting runs of words without reading all of it.
struct Places<'a> {
    words: &'a [u32],
    at: HashMap<u32, Vec<u32>>,
}

impl<'a> Places<'a> {
    fn new(words: &'a [u32]) -> Places<'a> {
        let mut at: HashMap<u32, Vec<u32>> = HashMap::new();
        for (index, word) in words.iter().enumerate() {
            at.entry(*word).or_default().push(index as u32);
        }
        Places { words, at }
    }

    /// How often `run` occurs.
    fn count(&self, run: &[u32], budget: &Budget) -> usize {
        static NONE: Vec<u32> = Vec::new();
        let places = |word: &u32| self.at.get(word).unwrap_or(&NONE);
        let Some((offset, rarest)) = run
            .iter()
            .map(places)
            .enumerate()
            .min_by_key(|(_, places)| places.len())
        else {
            return 0;
        };
        if !budget.take(run.len() + rarest.len()) {
            return 0;
        }
        rarest
            .iter()
            .filter(|at| {
                let Some(from) = (**at as usize).checked_sub(offset) else {
                    return false;
                };
                self.words.get(from..from + run.len()) == Some(run)
            })
            .count()
    }
}

/// What became of the change from `base` to `hotfix` inside one value, when planned has a third
/// one: each changed run of words is looked for in planned, alone where it says enough and
/// together with its neighbours otherwise.
pub(super) fn three_way(base: &str, hotfix: &str, planned: &str, budget: &Budget) -> Verdict {
    if !budget.take((base.len() + hotfix.len() + planned.len()) / 2) {
        return Verdict::CannotTell;
    }
    judge_runs(
        &Three::new(words(base), words(hotfix), words(planned)),
        budget,
    )
}

/// The same over whole lines with their white space and line ends.
pub(super) fn three_way_lines(base: &str, hotfix: &str, planned: &str, budget: &Budget) -> Verdict {
    if !budget.take((base.len() + hotfix.len() + planned.len()) / 8) {
        return Verdict::CannotTell;
    }
    let lines = |text: &'_ str| {
        text.split_inclusive('\n')
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (base, hotfix, planned) = (lines(base), lines(hotfix), lines(planned));
    fn all(lines: &[String]) -> impl Iterator<Item = &str> {
        lines.iter().map(String::as_str)
    }
    judge_runs(&Three::new(all(&base), all(&hotfix), all(&planned)), budget)
}

fn judge_runs(three: &Three, budget: &Budget) -> Verdict {
    let in_base = Places::new(&three.base);
    let in_hotfix = Places::new(&three.hotfix);
    let in_planned = Places::new(&three.planned);
    let mut verdicts = Vec::new();
    for (before, after) in edits(&three.base, &three.hotfix, budget) {
        let run = Run {
            three,
            before,
            after,
        };
        let evidence = run.judge(&in_base, &in_hotfix, &in_planned, budget);
        if budget.is_spent() {
            return Verdict::CannotTell;
        }
        verdicts.push(evidence);
    }
    super::combine::over(verdicts)
}

type Range = std::ops::Range<usize>;

/// One changed run: these words of base became those of the hotfix; either may be empty.
struct Run<'a> {
    three: &'a Three<'a>,
    before: Range,
    after: Range,
}

/// How many neighbours on the left and on the right a run is looked for with, the fewest first.
///
/// Corpus: without the last two *included* are lost, without the last two of them one verdict more, without (1, 1) and
/// what follows another *included*, with (0, 0) alone six. (0, 1), (2, 0) and (0, 2) change nothing there. With fewer
/// than three of them tests of changes in code fail as well (`remarks_in_code_inside_a_value`).
const CONTEXTS: [(usize, usize); 8] = [
    (0, 0),
    (1, 0),
    (0, 1),
    (1, 1),
    (2, 0),
    (0, 2),
    (2, 2),
    (4, 4),
];

impl Run<'_> {
    fn judge(&self, base: &Places, hotfix: &Places, planned: &Places, budget: &Budget) -> Verdict {
        let put_in = self.three.hotfix.get(self.after.clone()).unwrap_or(&[]);
        let taken_out = self.three.base.get(self.before.clone()).unwrap_or(&[]);
        let mut new_form = false;
        let mut old_form = false;
        for (left, right) in CONTEXTS {
            let after = widened(&self.three.hotfix, &self.after, left, right);
            let before = widened(&self.three.base, &self.before, left, right);
            // Without words put in, only both neighbours together show that nothing is between.
            // An end of the value alone is no neighbour: `> 5` and `< 5` end alike.
            let words = |run: &[u32]| run.iter().filter(|word| **word > END).count();
            let shows = |run: &[u32], around: &[u32]| match run.is_empty() {
                true => left > 0 && right > 0,
                false => words(around) > words(run) || self.three.is_telling(run),
            };
            let (shows_new, shows_old) = (shows(put_in, after), shows(taken_out, before));
            if shows_new && !new_form {
                let wanted = hotfix.count(after, budget);
                // Only what base does not have as often tells the two apart.
                new_form =
                    wanted > base.count(after, budget) && planned.count(after, budget) >= wanted;
            }
            if shows_old && !old_form {
                let had = base.count(before, budget);
                old_form =
                    had > hotfix.count(before, budget) && planned.count(before, budget) >= had;
            }
        }
        match (new_form, old_form) {
            (true, false) => Verdict::Included,
            (false, true) => Verdict::Overridden,
            // Put in somewhere, and the neighbours still meet elsewhere: in, when nothing had to go.
            (true, true) if taken_out.is_empty() && self.three.is_telling(put_in) => {
                Verdict::Included
            }
            (true, true) => Verdict::CannotTell,
            (false, false) => Verdict::Conflicting,
        }
    }
}

fn widened<'a>(words: &'a [u32], range: &Range, left: usize, right: usize) -> &'a [u32] {
    let from = range.start.saturating_sub(left);
    let to = (range.end + right).min(words.len());
    words.get(from..to).unwrap_or(&[])
}
