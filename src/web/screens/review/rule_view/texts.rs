//! The texts of an opened rule, laid out in the view that was asked for.

use bytes::Bytes;

use super::View;
use crate::app::AppError;
use crate::web::diff_view::{self, Column, Origins, Row, Sided};
use crate::web::format;
use crate::web::hotfix_lines::{self, Chain};
use crate::web::screens::review::ReviewContext;
use crate::web::screens::review::stake::Stake;
use crate::web::structured_view::{StructuredView, structured_view};
use crate::web::three_way::three_way;
use rulegate_compare::ThreeWay;
use rulegate_compare::at_stake::not_lost;
use rulegate_compare::diff::{Options, TextDiff, Window, written};
use rulegate_compare::structured::Bounds;
use rulegate_compare::verdict::RuleVerdict;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::version::VersionName;

/// Changed lines that a view of two texts shows.
const LINES_MAX: usize = 2_000;

/// What is compared; an absent text is a rule that is not there.
pub(super) struct Texts {
    pub texts: ThreeWay<Option<Bytes>>,
    /// What the three are called.
    pub names: ThreeWay<String>,
    /// Who wrote which lines of the hotfix's text.
    pub origins: Chain,
}

/// A view as it goes on the page.
pub(in crate::web::screens::review) struct Shown {
    pub view: View,
    pub columns: Vec<Column>,
    pub sided: Vec<Sided>,
    pub unified: Vec<Row>,
    pub note: String,
    /// Lines of the hotfix that planned lacks.
    pub lost: usize,
}

/// The hotfixes that led to the hotfix's text of this rule: in an open review those that are open now, in a closed
/// one those that it was about, whatever became of them since.
pub(super) async fn chain(
    context: &ReviewContext<'_>,
    stakes: &[Stake<'_>],
    path: &str,
    digest: Option<Digest>,
) -> Result<Chain, AppError> {
    let Some(ruleset) = &context.review.ruleset else {
        return Ok(Chain::default());
    };
    if context.gate.is_some() {
        return hotfix_lines::chain(context.portal, context.user, ruleset, path, digest).await;
    }
    let mut names: Vec<&VersionName> = stakes.iter().map(|stake| stake.hotfix).collect();
    names.sort_unstable();
    names.dedup();
    let known = names
        .into_iter()
        .filter_map(|name| context.state().hotfix(ruleset, name));
    hotfix_lines::chain_of(context.portal, known.cloned().collect(), path, digest).await
}

impl Texts {
    /// The texts; one that is not there reads as empty.
    fn bytes(&self) -> ThreeWay<&[u8]> {
        let texts = self.texts.as_ref();
        texts.map(|text| text.as_deref().unwrap_or_default())
    }

    /// What the two texts that a view is about differ in by value: what the hotfix did, or what planned lacks of it.
    pub(super) fn values(&self, path: &str, view: View) -> Option<StructuredView> {
        let texts = self.bytes();
        let diff = match view {
            View::Three | View::Hotfix => TextDiff::new(texts.base, texts.hotfix),
            _ => TextDiff::new(texts.hotfix, texts.planned),
        };
        structured_view(path, &diff, &Bounds::default())
    }

    pub(super) fn shown(&self, view: View, verdict: Option<&RuleVerdict>, whole: bool) -> Shown {
        let texts = self.bytes();
        if view == View::Three {
            return match three_way(texts, verdict, whole) {
                Some(three) => Shown {
                    columns: self.columns(),
                    sided: diff_view::noted(three.rows, &self.origins(View::Hotfix)),
                    lost: three.lost,
                    ..Shown::empty(view)
                },
                None => Shown {
                    note: "These texts are too long for three columns; this is the hotfix \
                           and planned, one below the other."
                        .to_owned(),
                    ..self.shown(View::Unified, verdict, whole)
                },
            };
        }
        let (old, new) = match view {
            View::Hotfix => (texts.base, texts.hotfix),
            _ => (texts.hotfix, texts.planned),
        };
        let mut origins = self.origins(view);
        if let Some(verdict) = verdict.filter(|_| view != View::Hotfix) {
            origins.not_lost = not_lost(texts.base, texts.hotfix, verdict);
        }
        let highlight = origins.highlight();
        let options = Options {
            window: Window::first(LINES_MAX),
            highlight: Some(&highlight),
            ..Options::default()
        };
        let diff = TextDiff::new(old, new);
        let mut shown = Shown::empty(view);
        let after = if view == View::Sides {
            let sides = diff_view::side_by_side_with(&diff, &options, &origins, &|_| String::new());
            (shown.sided, shown.columns) = (sides.rows, self.columns().split_off(1));
            shown
                .sided
                .iter_mut()
                .fold(Stops::default(), |mut stops, row| {
                    row.finding = stops.at(row.kind == "change");
                    stops
                });
            sides.after
        } else {
            let lines = diff_view::unified_with(&diff, &options, &origins, &|_| String::new());
            shown.unified = lines.rows;
            shown
                .unified
                .iter_mut()
                .fold(Stops::default(), |mut stops, row| {
                    row.finding = stops.at(!matches!(row.kind, "same" | "gap" | "note"));
                    stops
                });
            lines.after
        };
        let more = after.added + after.removed;
        if more > 0 {
            let lines = format::count(
                more,
                "changed line is not shown here.",
                "changed lines are not shown here.",
            );
            shown.note = lines;
        }
        shown
    }

    /// Which lines are the hotfix's, with who wrote them, when, for which incident.
    fn origins(&self, view: View) -> Origins {
        let texts = self.bytes();
        let lines = self.origins.origins(texts.hotfix);
        match view {
            View::Hotfix => Origins {
                new: lines,
                replaced: written(texts.base, texts.hotfix).1,
                ..Origins::default()
            },
            _ => Origins {
                old: lines,
                ..Origins::default()
            },
        }
    }

    fn columns(&self) -> Vec<Column> {
        let said = ThreeWay {
            base: ("mute", "baseline"),
            hotfix: ("hot", "what the hotfix did"),
            planned: ("plan", "what would go live"),
        };
        let (texts, names) = (self.texts.as_ref(), self.names.as_ref());
        let columns = said
            .zip(texts.zip(names))
            .map(|((tag, says), (text, name))| Column {
                tag,
                name: name.clone(),
                text: match text {
                    Some(_) => says.to_owned(),
                    None => format!("{says}: no such rule"),
                },
            });
        columns.into_columns().into()
    }
}

impl Shown {
    fn empty(view: View) -> Shown {
        Shown {
            view,
            columns: Vec::new(),
            sided: Vec::new(),
            unified: Vec::new(),
            note: String::new(),
            lost: 0,
        }
    }
}

/// Where `j` and `k` stop: at the first of lines that changed together.
#[derive(Default)]
struct Stops {
    count: usize,
    was_changed: bool,
}

impl Stops {
    fn at(&mut self, is_changed: bool) -> String {
        let is_first = is_changed && !self.was_changed;
        self.was_changed = is_changed;
        if !is_first {
            return String::new();
        }
        self.count += 1;
        format!("finding-{}", self.count)
    }
}
