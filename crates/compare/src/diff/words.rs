//! Which words of two paired lines differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp};

use super::ends::{same_end, same_start};

/// Words on both lines together up to which they are aligned; above, only what the lines share at
/// their starts and ends is taken as equal. A rule's line has tens of words, minified JSON thousands. 1,000 marks 3.6 %
/// fewer letters over the pages of the corpus, whose worst then takes 16 ms instead of 25 ms; 4,000 marks the same.
const WORDS_MAX: usize = 2_000;

/// Comparisons that the words of one page may cost; past them, pairs are marked by their starts and ends
/// alone. About 0.2 s, and ten words against ten cost 100: half marks the same letters over all pages of the corpus. A
/// fiftieth marks 2 % fewer.
pub(super) const PAGE_WORK_MAX: usize = 50_000_000;

/// Byte ranges of a line, ascending and apart.
pub type Marks = Vec<Range<usize>>;

/// Marks the words in which two lines (without their ends) differ: byte ranges for the old and for the
/// new line, at character borders. Both empty when less than a third of the shorter line's words is
/// shared: then the lines are simply different, and marking nearly everything would say nothing.
pub fn word_marks(old: &[u8], new: &[u8]) -> (Marks, Marks) {
    let mut left_work = PAGE_WORK_MAX;
    word_marks_within(old, new, &mut left_work)
}

/// [`word_marks`] that takes its comparisons from what is left to a page.
pub(super) fn word_marks_within<'a>(
    old: &'a [u8],
    new: &'a [u8],
    left_work: &mut usize,
) -> (Marks, Marks) {
    let (old_words, new_words) = (words(old), words(new));
    let texts = |line: &'a [u8], words: &[Range<usize>]| -> Vec<&'a [u8]> {
        words.iter().map(|word| &line[word.clone()]).collect()
    };
    let (olds, news) = (texts(old, &old_words), texts(new, &new_words));
    let head = same_start(&olds, &news);
    let tail = same_end(&olds[head..], &news[head..]);
    let (a, b) = (head..olds.len() - tail, head..news.len() - tail);
    let count = |words: &[&[u8]]| {
        let is_blank = |word: &&[u8]| word.iter().all(u8::is_ascii_whitespace);
        words.len() - words.iter().copied().filter(is_blank).count()
    };
    let mut shared = count(&olds[..head]) + count(&olds[a.end..]);
    let (mut old_marks, mut new_marks) = (Marks::new(), Marks::new());
    let work = a.len() * b.len();
    if work == 0 || a.len() + b.len() > WORDS_MAX || work > *left_work {
        mark(&mut old_marks, &old_words[a]);
        mark(&mut new_marks, &new_words[b]);
    } else {
        *left_work -= work;
        let (old_words, new_words) = (&old_words[a.clone()], &new_words[b.clone()]);
        let (olds, news) = (&olds[a], &news[b]);
        for op in similar::capture_diff_slices(Algorithm::Myers, olds, news) {
            if let DiffOp::Equal { .. } = op {
                shared += count(&olds[op.old_range()]);
            } else {
                mark(&mut old_marks, &old_words[op.old_range()]);
                mark(&mut new_marks, &new_words[op.new_range()]);
            }
        }
    }
    let shorter = count(&olds).min(count(&news));
    if shared * 3 < shorter || (shared == 0 && shorter > 0) {
        return (Marks::new(), Marks::new());
    }
    (bridged(old, old_marks), bridged(new, new_marks))
}

fn mark(marks: &mut Marks, words: &[Range<usize>]) {
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        marks.push(first.start..last.end);
    }
}

/// Joins marks with nothing but white space between: two words replaced read as one replacement.
fn bridged(line: &[u8], marks: Marks) -> Marks {
    let mut joined = Marks::new();
    for mark in marks {
        match joined.last_mut() {
            Some(last)
                if line[last.end..mark.start]
                    .iter()
                    .all(u8::is_ascii_whitespace) =>
            {
                last.end = mark.end
            }
            _ => joined.push(mark),
        }
    }
    joined
}

/// Cuts a line into words: runs of letters, digits and `_`; runs of white space; every other character
/// and every byte that is not UTF-8 by itself. Together they are the line.
pub(super) fn words(line: &[u8]) -> Vec<Range<usize>> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Word,
        Blank,
        Single,
    }
    let mut words: Vec<Range<usize>> = Vec::with_capacity(line.len() / 4 + 1);
    let mut last = Class::Single;
    let mut add = |len: usize, class: Class| {
        let at = words.last().map_or(0, |word| word.end);
        match words.last_mut() {
            Some(word) if class != Class::Single && class == last => word.end += len,
            _ => words.push(at..at + len),
        }
        last = class;
    };
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            let class = match c {
                '_' => Class::Word,
                c if c.is_alphanumeric() => Class::Word,
                c if c.is_whitespace() => Class::Blank,
                _ => Class::Single,
            };
            add(c.len_utf8(), class);
        }
        for _ in chunk.invalid() {
            add(1, Class::Single);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, want: &str) {
        let show = |line: &str, marks: &Marks| {
            let mut out = line.to_owned();
            for mark in marks.iter().rev() {
                out.insert(mark.end, ']');
                out.insert(mark.start, '[');
            }
            out
        };
        let (olds, news) = word_marks(old.as_bytes(), new.as_bytes());
        assert_eq!(format!("{} > {}", show(old, &olds), show(new, &news)), want);
    }

    #[test]
    fn words_that_differ_are_marked() {
        check("level: low", "level: high", "level: [low] > level: [high]");
        check(
            "t:none,\\",
            "t:none,t:lowercase,\\",
            "t:none,\\ > t:none,[t:lowercase,]\\",
        );
        check(
            "a b c d e f",
            "a x y d e f",
            "a [b c] d e f > a [x y] d e f",
        );
        check("alpha beta", "gamma delta", "alpha beta > gamma delta");
        check("a", "a ", "a > a[ ]");
        check("", "x", " > [x]");
    }
}
