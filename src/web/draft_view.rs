//! Changes on top of a snapshot as a page shows them: rule by rule, with what the policy says of their size.

use crate::app::hotfixing::Draft;
use crate::app::intake::Intake;
use crate::app::{App, AppError};
use crate::web::diff_view::{self, Origin, Origins, Row};
use crate::web::hotfix_lines::{self, Chain};
use crate::web::structured_view::{AMONG_MANY, StructuredView, structured_view};
use crate::web::user::User;
use crate::web::{Portal, format};
use rulegate_compare::diff::{Options, TextDiff, Window, written};
use rulegate_compare::same_edits;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::policy::Policy;

/// Rules whose diff a page shows; the rest is counted and stands in the comparison.
const RULES_MAX: usize = 60;
/// Rules shown open; the rest is folded.
const OPEN_MAX: usize = 4;
/// Changed lines of one rule that a page shows.
const LINES_MAX: usize = 400;

/// One rule's diff.
#[allow(missing_docs)]
pub struct RuleDiff {
    pub path: String,
    /// `3 added, 1 removed`, `new rule`.
    pub stat: String,
    /// Other rules of the same change, if any: it stands after those that are alone.
    pub alike: String,
    /// What differs by value, of a text with structure.
    pub values: Option<StructuredView>,
    pub rows: Vec<Row>,
    pub is_open: bool,
    /// Changed lines not shown; empty if all are.
    pub more: String,
}

/// Whose change a draft is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A hotfix's, with a note above its lines.
    Hotfix {
        /// Who, when, which incident: [`hotfix_lines::note`].
        note: String,
    },
    /// A hotfix's that somebody is still writing.
    Unmade,
    /// Nobody's: it was found outside.
    Outside,
}

/// The diffs of the first rules and how many rules are not shown. Rules changed in a way of their own come first
/// and open; those changed alike follow folded, so that thirty new version numbers hide nothing. Lines of open
/// hotfixes are marked wherever they stand.
pub async fn rule_diffs(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    draft: &Draft,
    whose: &Whose,
) -> Result<(usize, Vec<RuleDiff>), AppError> {
    let edits: Vec<_> = draft
        .changes
        .iter()
        .map(|change| {
            let (old, new) = draft.sides(&change.path);
            let (old, new) = (old.map_or(&[][..], |b| b), new.map_or(&[][..], |b| b));
            same_edits::edits(&TextDiff::new(old, new))
        })
        .collect();
    let mut order: Vec<(usize, usize)> = Vec::with_capacity(edits.len());
    for group in same_edits::groups(&edits) {
        order.extend(group.iter().map(|&index| (group.len(), index)));
    }
    order.sort_unstable();
    let mut diffs = Vec::with_capacity(order.len().min(RULES_MAX));
    for (place, (alike, index)) in order.into_iter().take(RULES_MAX).enumerate() {
        let change = &draft.changes[index];
        let chain = hotfix_lines::chain(portal, user, ruleset, &change.path, change.from).await?;
        diffs.push(rule_diff(draft, index, (alike, place), &chain, whose));
    }
    Ok((draft.changes.len() - diffs.len(), diffs))
}

fn rule_diff(
    draft: &Draft,
    index: usize,
    (alike, place): (usize, usize),
    chain: &Chain,
    whose: &Whose,
) -> RuleDiff {
    let (change, stat) = (&draft.changes[index], draft.stats[index]);
    let (old, new) = draft.sides(&change.path);
    let (old_text, new_text) = (old.map_or(&[][..], |b| b), new.map_or(&[][..], |b| b));
    let diff = TextDiff::new(old_text, new_text);
    let origins = origins(chain, whose, old_text, new_text);
    let highlight = origins.highlight();
    let options = Options {
        window: Window::first(LINES_MAX),
        highlight: Some(&highlight),
        ..Options::default()
    };
    let mut rows = diff_view::unified_with(&diff, &options, &origins, &|_| String::new()).rows;
    if *whose == Whose::Unmade {
        mark_as_hotfix(&mut rows);
    }
    let lines = |number| format::count(number, "line", "lines");
    RuleDiff {
        path: change.path.clone(),
        stat: match (old, new) {
            (None, _) => format!("new rule, {}", lines(stat.added)),
            (_, None) => format!("rule removed, {}", lines(stat.removed)),
            _ => format!("{} added, {} removed", stat.added, stat.removed),
        },
        alike: match alike {
            1 => String::new(),
            2 => "changed alike with 1 other".to_owned(),
            more => format!("changed alike with {} others", more - 1),
        },
        values: structured_view(&change.path, &diff, &AMONG_MANY),
        rows,
        is_open: place < OPEN_MAX && alike == 1 || place == 0,
        more: match stat.changed().saturating_sub(LINES_MAX) {
            0 => String::new(),
            more => format::count(
                more,
                "changed line is not shown here",
                "changed lines are not shown here",
            ),
        },
    }
}

/// The lines of earlier hotfixes in the old text, and those of the draft itself if it is one.
fn origins(chain: &Chain, whose: &Whose, old: &[u8], new: &[u8]) -> Origins {
    let earlier = chain.origins(old);
    let Whose::Hotfix { note } = whose else {
        return Origins {
            old: earlier,
            ..Origins::default()
        };
    };
    let (lines, mut replaced) = written(old, new);
    // What an earlier hotfix wrote and this one takes out is lost, not merely replaced.
    replaced.retain(|line| earlier.iter().all(|origin| !origin.lines.contains(line)));
    Origins {
        old: earlier,
        new: vec![Origin {
            lines,
            note: note.clone(),
            href: String::new(),
        }],
        replaced,
        ..Origins::default()
    }
}

/// What a hotfix writes and takes out is orange wherever it stands.
pub fn mark_as_hotfix(rows: &mut [Row]) {
    for row in rows {
        row.kind = match row.kind {
            "add" => "hot",
            "del" => "hotdel",
            kind => kind,
        };
    }
}

/// A hotfix as the change it was made as.
pub async fn of_hotfix(app: &App, hotfix: &Hotfix) -> Result<Draft, AppError> {
    let after = app.rules(&hotfix.checksum).await?;
    let after = Intake {
        manifest: after.manifest.as_ref().clone(),
        texts: after.texts,
    };
    app.draft_of(&hotfix.on_top_of_checksum, after).await
}

/// How many approvals a hotfix of this size needs, and why.
pub fn caps_words(policy: &Policy, rules: u32, lines: u32) -> String {
    let needed = if policy.over_cap(rules, lines) {
        policy.hotfix_over_cap_approvals
    } else {
        policy.hotfix_approvals
    };
    let approvals = format::count(needed as usize, "approval", "approvals");
    let over = |number: u32, max: u32, one: &str, many: &str| {
        (number > max).then(|| {
            format!(
                "{} where {max} are within it",
                format::count(number as usize, one, many)
            )
        })
    };
    let reasons: Vec<String> = [
        over(rules, policy.hotfix_rules_max, "rule", "rules"),
        over(
            lines,
            policy.hotfix_lines_max,
            "changed line",
            "changed lines",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        format!(
            "{approvals}: within the cap of {} rules and {} lines",
            policy.hotfix_rules_max, policy.hotfix_lines_max
        )
    } else {
        format!(
            "{approvals}, because it is over the cap: {}",
            reasons.join(", ")
        )
    }
}
