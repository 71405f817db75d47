//! Parsed nodes with hashes of their content, by which lists are paired.

use std::collections::HashMap;

use crate::verdict::reading::{Budget, Node, Value, hash, name_of};

/// A node with hashes of all it holds: `content` without the order of keys, `form` with it.
pub(super) struct Hashed<'n> {
    pub(super) node: &'n Node,
    pub(super) content: u128,
    pub(super) form: u128,
    pub(super) children: Vec<Hashed<'n>>,
    /// What names it in a list; empty when nothing does.
    pub(super) name: String,
}

/// Several of them, each called as `name` says.
pub(super) fn hashed_all<'n>(
    nodes: &'n [Node],
    budget: &Budget,
    name: &dyn Fn(&Node) -> String,
) -> Option<Vec<Hashed<'n>>> {
    nodes
        .iter()
        .map(|node| hashed(node, name(node), budget))
        .collect()
}

/// A node and all below it, hashed; None when the budget is spent.
fn hashed<'n>(node: &'n Node, name: String, budget: &Budget) -> Option<Hashed<'n>> {
    if !budget.take(2) {
        return None;
    }
    let mut children = Vec::new();
    let (content, form) = match &node.value {
        Value::Scalar(text) => {
            budget.take(text.len() / 16);
            let own = hash(text);
            (own, own)
        }
        Value::Seq(items) => {
            children = hashed_all(items, budget, &name_of)?;
            let all = |pick: fn(&Hashed) -> u128| {
                hash(&("seq", children.iter().map(pick).collect::<Vec<_>>()))
            };
            (all(|child| child.content), all(|child| child.form))
        }
        Value::Map(entries) => {
            for (_, value) in entries {
                children.push(hashed(value, String::new(), budget)?);
            }
            let mut content = hash(&("map", entries.len()));
            let mut form = content;
            let mut times: HashMap<&str, usize> = HashMap::new();
            for ((key, _), child) in entries.iter().zip(&children) {
                let time = times.entry(key).or_default();
                *time += 1;
                content = content.wrapping_add(hash(&(key, *time, child.content)));
                form = hash(&(form, key, child.form));
            }
            (content, form)
        }
    };
    Some(Hashed {
        node,
        content,
        form,
        children,
        name,
    })
}

impl Hashed<'_> {
    /// Hashes of what it holds, each with its key.
    pub(super) fn fields(&self) -> Vec<u128> {
        match &self.node.value {
            Value::Map(entries) => {
                let all = entries.iter().zip(&self.children);
                all.map(|((key, _), child)| hash(&(key, child.content)))
                    .collect()
            }
            Value::Seq(_) => self.children.iter().map(|child| child.content).collect(),
            Value::Scalar(_) => vec![self.content],
        }
    }
}
