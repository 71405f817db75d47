//! Two parsed texts compared node by node: maps by key, lists by the names of their items or by
//! their content.

use super::hashed::{Hashed, hashed_all};
use super::items::{self, Pairing};
use super::{Change, ChangeKind, Format, Found, clip, cut};
use crate::verdict::reading::{Node, Value, label, name_of, name_of_document};

/// Compares the documents of two texts.
pub(super) fn compare(format: Format, old: &[Node], new: &[Node], found: &mut Found<'_>) {
    let mut comparer = Comparer {
        is_xml: format == Format::Xml,
        found,
        place: Vec::new(),
    };
    match (old, new) {
        ([old], [new]) => comparer.nodes(old, new),
        _ => comparer.lists("", (old, new), &name_of_document),
    }
}

fn keys(entries: &[(String, Node)]) -> Vec<&str> {
    entries.iter().map(|(key, _)| key.as_str()).collect()
}

fn have_same_keys(old: &[(String, Node)], new: &[(String, Node)]) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| old.0 == new.0)
}

/// Whether two nodes say the same in the same form, on whatever lines.
fn is_same(old: &Node, new: &Node) -> bool {
    match (&old.value, &new.value) {
        (Value::Scalar(old), Value::Scalar(new)) => old == new,
        (Value::Seq(old), Value::Seq(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same(old, new))
        }
        (Value::Map(olds), Value::Map(news)) => {
            let mut pairs = olds.iter().zip(news);
            have_same_keys(olds, news) && pairs.all(|(old, new)| is_same(&old.1, &new.1))
        }
        _ => false,
    }
}

struct Comparer<'f, 'b> {
    is_xml: bool,
    found: &'f mut Found<'b>,
    place: Vec<String>,
}

impl Comparer<'_, '_> {
    fn nodes(&mut self, old: &Node, new: &Node) {
        if !self.found.budget.take(4) {
            return;
        }
        match (&old.value, &new.value) {
            (Value::Map(old), Value::Map(new)) => self.maps(old, new),
            (Value::Seq(old), Value::Seq(new)) => self.lists("", (old, new), &name_of),
            _ if is_same(old, new) => {}
            _ => self.changed(old, new),
        }
    }

    fn maps(&mut self, olds: &[(String, Node)], news: &[(String, Node)]) {
        let pairing = match have_same_keys(olds, news) {
            true => Pairing::of_equal(olds.len()),
            false => items::by_key(&keys(olds), &keys(news)),
        };
        self.found.is_reordered |= !pairing.moved.is_empty();
        let pairs = pairing
            .pairs
            .iter()
            .map(|&(from, to)| (&olds[from].1, &news[to]));
        for (old, (key, new)) in pairs.filter(|(old, (_, new))| !is_same(old, new)) {
            match (&old.value, &new.value) {
                // Elements of one name are a list under that name: its items are told by it.
                (Value::Seq(old), Value::Seq(new)) if self.is_xml => {
                    self.lists(key, (old, new), &name_of);
                }
                (Value::Seq(old), Value::Seq(new)) => {
                    self.place.push(key.clone());
                    self.lists(key, (old, new), &name_of);
                    self.place.pop();
                }
                _ => {
                    self.place.push(key.clone());
                    self.nodes(old, new);
                    self.place.pop();
                }
            }
        }
        for (key, old) in pairing.only_old.iter().map(|&index| &olds[index]) {
            self.one(key.clone(), ChangeKind::Removed, old);
        }
        for (key, new) in pairing.only_new.iter().map(|&index| &news[index]) {
            self.one(key.clone(), ChangeKind::Added, new);
        }
    }

    /// Two lists under one key, their items called as `name` says.
    fn lists(&mut self, key: &str, (old, new): (&[Node], &[Node]), name: &dyn Fn(&Node) -> String) {
        let all = |nodes| hashed_all(nodes, self.found.budget, name);
        if let (Some(old), Some(new)) = (all(old), all(new)) {
            self.hashed_lists(key, &old, &new);
        }
    }

    fn hashed_lists(&mut self, key: &str, old: &[Hashed], new: &[Hashed]) {
        let pairing = items::pair(old, new, self.found.budget);
        let is_single = self.is_xml && old.len() == 1 && new.len() == 1;
        let Pairing {
            pairs,
            only_old,
            only_new,
            moved,
        } = pairing;
        for (from, to) in pairs {
            if old[from].content == new[to].content {
                self.found.is_reordered |= old[from].form != new[to].form;
                continue;
            }
            self.place.push(step(key, &new[to].name, to, is_single));
            let (old, new) = (&old[from], &new[to]);
            match (&old.node.value, &new.node.value) {
                (Value::Seq(_), Value::Seq(_)) => {
                    self.hashed_lists("", &old.children, &new.children)
                }
                _ => self.nodes(old.node, new.node),
            }
            self.place.pop();
        }
        for (from, to) in moved {
            let position = |index: usize| Some(format!("position {}", index + 1));
            let mut place = self.place.clone();
            place.push(match new[to].name.is_empty() {
                true => clip(&shown(new[to].node, 60), 0, 60),
                false => step(key, &new[to].name, to, false),
            });
            self.found.add(Change {
                kind: ChangeKind::Moved,
                place,
                before: position(from),
                after: position(to),
                old_lines: Some(old[from].node.lines),
                new_lines: Some(new[to].node.lines),
            });
        }
        for index in only_old {
            self.one(
                step(key, &old[index].name, index, is_single),
                ChangeKind::Removed,
                old[index].node,
            );
        }
        for index in only_new {
            self.one(
                step(key, &new[index].name, index, is_single),
                ChangeKind::Added,
                new[index].node,
            );
        }
    }

    fn changed(&mut self, old: &Node, new: &Node) {
        let chars_max = self.found.bounds.value_chars_max;
        let of = |node: &Node| match &node.value {
            Value::Scalar(text) => text.clone(),
            _ => shown(node, chars_max + 1),
        };
        let (before, after) = cut(&of(old), &of(new), chars_max);
        self.found.add(Change {
            kind: ChangeKind::Changed,
            place: self.place.clone(),
            before: Some(before),
            after: Some(after),
            old_lines: Some(old.lines),
            new_lines: Some(new.lines),
        });
    }

    /// Something that only one of the texts has.
    fn one(&mut self, step: String, kind: ChangeKind, there: &Node) {
        let chars_max = self.found.bounds.value_chars_max;
        let value = Some(clip(&shown(there, chars_max + 1), 0, chars_max));
        let lines = Some(there.lines);
        let mut place = self.place.clone();
        place.push(step);
        let is_old = kind == ChangeKind::Removed;
        self.found.add(Change {
            kind,
            place,
            before: value.clone().filter(|_| is_old),
            after: value.filter(|_| !is_old),
            old_lines: lines.filter(|_| is_old),
            new_lines: lines.filter(|_| !is_old),
        });
    }
}

/// How an item of a list is called: by its name, or by its place.
fn step(key: &str, name: &str, index: usize, is_single: bool) -> String {
    match (name.is_empty(), key.is_empty()) {
        (false, _) => clip(&label(key, name), 0, 120),
        (true, false) if is_single => key.to_owned(),
        (true, true) => format!("item {}", index + 1),
        (true, false) => format!("{key} {}", index + 1),
    }
}

/// A value on one line, no longer than it has to be to be cut at `chars_max`.
fn shown(node: &Node, chars_max: usize) -> String {
    let mut out = String::new();
    write(node, chars_max, &mut out);
    out
}

fn write(node: &Node, chars_max: usize, out: &mut String) {
    // Bytes are at least as many as characters: what is longer in bytes is cut later.
    if out.len() > 4 * chars_max {
        return;
    }
    let mut between = "";
    match &node.value {
        Value::Scalar(text) => out.extend(text.chars().take(chars_max + 1)),
        Value::Seq(items) => {
            out.push('[');
            for item in items.iter().take(chars_max) {
                out.push_str(between);
                write(item, chars_max, out);
                between = ", ";
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (key, value) in entries.iter().take(chars_max) {
                out.push_str(between);
                out.extend(key.chars().take(chars_max));
                out.push_str(": ");
                write(value, chars_max, out);
                between = ", ";
            }
            out.push('}');
        }
    }
}
