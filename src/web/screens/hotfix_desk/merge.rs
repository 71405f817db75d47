//! A hotfix of the other site merged into what runs here, rule by rule: offered as a draft, applied by a person.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::draft_form::{DraftForm, Fields, RuleText, Upload};
use super::{SOME_REASON, availability, known_ruleset, obstacle, review_address, unchanged};
use crate::app::hotfixing::Kept;
use crate::app::reconcile::MergeOffer;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::Tag;
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::form::{Form, see};
use crate::web::page::{self, Page};
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format, hotfix_lines, typed};
use rulegate_compare::merge_draft::{DraftRule, Outcome};
use rulegate_domain::command::{self, Command, HotfixWords};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Hotfix, Pin};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;

/// What is merged into what: part of the address, for showing as for sending.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Params {
    #[serde(default)]
    ruleset: String,
    #[serde(default)]
    hotfix: String,
    #[serde(default)]
    environment: String,
}

/// The same, found.
struct Merge<'s> {
    ruleset: RuleSetName,
    environment: Environment,
    hotfix: &'s Hotfix,
    pin: &'s Pin,
}

#[derive(Template)]
#[template(path = "hotfixes/merge.html")]
struct MergePage<'s> {
    page: Page,
    ruleset: &'s RuleSetName,
    environment: &'s Environment,
    hotfix: &'s Hotfix,
    pin: &'s Pin,
    write: Availability,
    offer: MergeOffer,
    /// How much of it merged.
    tally: Tag,
    /// What the hotfix changed where it was made.
    diffs: Vec<RuleDiff>,
    hidden: usize,
    draft: DraftForm,
}

impl MergePage<'_> {
    /// Both sites changed the same lines of it.
    fn is_conflict(&self, path: &str) -> bool {
        let mut conflicts = self.offer.rules.iter().filter(|rule| needs_hand(rule));
        conflicts.any(|rule| rule.at() == path)
    }

    /// What needs a hand is unfolded; of what merged, the first where nothing else is.
    fn is_open(&self, path: &str, index: &usize) -> bool {
        self.is_conflict(path) || *index == 0 && !self.offer.rules.iter().any(needs_hand)
    }

    fn tag(&self, rule: &DraftRule) -> Tag {
        let places = |n: usize| format::count(n, "place", "places");
        match rule.outcome {
            Outcome::Contained => Tag::new("ok", "contained in what runs here"),
            Outcome::Merged { places: n } => Tag::new("ok", format!("merged at {}", places(n))),
            Outcome::Partly { places: n } => {
                let conflicts = rule.conflicts.len();
                let text = format!("merged at {}, conflict at {conflicts}", places(n));
                Tag::new("warn", text)
            }
            Outcome::Left => Tag::new("bad", "conflict: what runs here stays"),
        }
    }
}

fn needs_hand(rule: &DraftRule) -> bool {
    matches!(rule.outcome, Outcome::Partly { .. } | Outcome::Left)
}

impl<'s> Merge<'s> {
    fn of(user: &'s User, params: &Params) -> Result<Merge<'s>, WebError> {
        let ruleset = known_ruleset(user, &params.ruleset)?;
        let environment: Environment = params.environment.parse()?;
        let version = params.hotfix.parse()?;
        let state = &user.snapshot.state;
        let Some(hotfix) = state.hotfix(&ruleset, &version) else {
            return Err(refuse(Refusal::UnknownHotfix { hotfix: version }));
        };
        let Some(pin) = state.pin(&ruleset, &environment) else {
            return Err(refuse(Refusal::NothingPinned { environment }));
        };
        Ok(Merge {
            ruleset,
            environment,
            hotfix,
            pin,
        })
    }

    fn command(&self, kept: Kept, words: HotfixWords) -> Command {
        command::MergeTransfer {
            ruleset: self.ruleset.clone(),
            hotfix: self.hotfix.version.clone(),
            environment: self.environment.clone(),
            on_top_of: self.pin.checksum,
            snapshot: kept.snapshot,
            changes: kept.changes,
            lines_changed: kept.lines_changed,
            words,
        }
        .into()
    }

    /// What was sent, made durable.
    async fn asked_for(
        &self,
        portal: &Portal,
        mut draft: DraftForm,
    ) -> Result<Command, FieldError> {
        if draft.base()? != self.pin.checksum {
            return Err(FieldError::from(Refusal::PinMoved {
                environment: self.environment.clone(),
                now: self.pin.version.clone(),
            }));
        }
        let words = draft.words()?;
        let made = draft.made(portal).await?;
        let kept = portal.app.keep_draft(&made).await?;
        Ok(self.command(kept, words))
    }

    /// The draft on the desk: texts to be typed in, and bytes that go as they are.
    fn laid(&self, offer: &MergeOffer) -> DraftForm {
        let mut draft = DraftForm {
            reason: self.hotfix.reason.clone(),
            incident: self.hotfix.incident.clone(),
            ends: self.hotfix.ends_at.iso_day(),
            ..DraftForm::default()
        };
        let rules = offer.rules.iter();
        for rule in rules.filter(|rule| rule.outcome != Outcome::Contained) {
            let path = rule.at().to_owned();
            match &rule.draft {
                Some(bytes) if typed::obstacle(bytes).is_some() => {
                    let bytes = bytes.clone().into();
                    draft.uploads.push(Upload { path, bytes });
                }
                bytes => draft.rules.push(RuleText {
                    path,
                    text: String::from_utf8_lossy(bytes.as_deref().unwrap_or_default())
                        .into_owned(),
                    is_removed: bytes.is_none(),
                }),
            }
        }
        draft
    }
}

pub(super) async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(params): Query<Params>,
) -> WebResult {
    let merge = Merge::of(&user, &params)?;
    let (hotfix, pin) = (merge.hotfix, merge.pin);
    let state = &user.snapshot.state;
    let merging = portal.app.merge_offer(state, hotfix, &merge.environment);
    let offer = merging.await?;
    let page = Page::new(
        &portal,
        &user,
        "hotfixes",
        format!("Merge {}", hotfix.version),
    );
    // The form is one about this pin. When it moved, what was typed is shown apart from the merge made anew.
    let form = page.form_of("merge", pin.checksum);
    let sent = user.sent.as_ref().filter(|sent| sent.is(&form));
    let draft = match sent {
        Some(sent) => DraftForm::read(sent.fields()),
        None => merge.laid(&offer),
    };
    let whose = Whose::Hotfix {
        note: hotfix_lines::note(&portal, hotfix),
    };
    let change = draft_view::of_hotfix(&portal.app, hotfix).await?;
    let (hidden, diffs) =
        draft_view::rule_diffs(&portal, &user, &merge.ruleset, &change, &whose).await?;
    let words = HotfixWords {
        reason: SOME_REASON.into(),
        incident: SOME_REASON.into(),
        ends_at: user.now,
    };
    let any = merge.command(unchanged(pin.checksum), words);
    Ok(page::html(&MergePage {
        page,
        ruleset: &merge.ruleset,
        environment: &merge.environment,
        hotfix,
        pin,
        write: availability(&portal, &user, obstacle(&user, &any)),
        tally: tally(&offer.rules),
        offer,
        diffs,
        hidden,
        draft,
    }))
}

/// `all 29 rules merged`, `2 of 29 rules wait for a hand`.
fn tally(rules: &[DraftRule]) -> Tag {
    let all = format::count(rules.len(), "rule", "rules");
    let left = rules.iter().filter(|rule| needs_hand(rule)).count();
    match (left, rules.len()) {
        (0, 1) => Tag::new("ok", "it merged"),
        (0, _) => Tag::new("ok", format!("all {all} merged")),
        (1, _) => Tag::new("warn", format!("1 of {all} waits for a hand")),
        (left, _) => Tag::new("warn", format!("{left} of {all} wait for a hand")),
    }
}

pub(super) async fn submit(
    State(portal): State<Portal>,
    Query(params): Query<Params>,
    form: Form<Fields>,
) -> WebResult {
    let merge = Merge::of(&form.user, &params)?;
    let draft = DraftForm::read(&form.fields);
    let command = merge.asked_for(&portal, draft).await;
    let back = address::merge(&merge.ruleset, &merge.hotfix.version, &merge.environment);
    let executed = form.execute(&portal, &back, |_| command).await?;
    Ok(see(&review_address(&executed), "hotfix-made"))
}
