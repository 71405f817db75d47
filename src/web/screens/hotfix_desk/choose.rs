//! Before any text: where the hotfix aims, which policy holds, which rules it may touch.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{aim, known_ruleset, may_write};
use crate::web::availability::Availability;
use crate::web::environment_view::{PinView, Place};
use crate::web::error::WebResult;
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::user::User;
use crate::web::{Portal, address, filters, format, typed};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::policy::Policy;

/// Rules listed on one page; the filter finds the others.
const RULES_SHOWN_MAX: usize = 400;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Address {
    #[serde(default)]
    ruleset: String,
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "hotfixes/choose.html")]
struct ChoosePage<'s> {
    page: Page,
    ruleset: String,
    place: Place,
    pin: PinView<'s>,
    offer: Availability,
    policy: Vec<(&'static str, String)>,
    q: String,
    rules: Vec<RuleChoice>,
    found: usize,
    /// Found and not listed.
    hidden: usize,
    all: usize,
}

/// One rule of what runs there.
struct RuleChoice {
    path: String,
    /// Why it cannot be chosen; empty if it can.
    why_not: String,
}

#[derive(Template)]
#[template(path = "hotfixes/which.html")]
struct WhichPage {
    page: Page,
    rulesets: Vec<Link>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(address): Query<Address>,
) -> WebResult {
    if address.ruleset.is_empty() {
        return which(&portal, &user);
    }
    let ruleset = known_ruleset(&user, &address.ruleset)?;
    let state = &user.snapshot.state;
    let environment = aim(state);
    let policy = state.policy();
    let q = address.q.trim().to_lowercase();
    let (mut rules, mut found, mut all) = (Vec::new(), 0, 0);
    if let Some(pin) = state.pin(&ruleset, &environment) {
        let manifest = portal.app.manifest(&pin.checksum).await?;
        all = manifest.rules().len();
        let matching: Vec<_> = manifest
            .rules()
            .iter()
            .filter(|(path, _)| q.is_empty() || path.to_lowercase().contains(&q))
            .collect();
        found = matching.len();
        let shown = &matching[..found.min(RULES_SHOWN_MAX)];
        let digests: Vec<Digest> = shown.iter().map(|(_, digest)| **digest).collect();
        let contents = portal.app.contents(&digests).await?;
        rules = shown
            .iter()
            .zip(contents)
            .map(|((path, _), bytes)| RuleChoice {
                path: (*path).clone(),
                why_not: why_not(&policy, path, &bytes),
            })
            .collect();
    }
    let page = Page::new(&portal, &user, "hotfixes", format!("Hotfix of {ruleset}"));
    Ok(page::html(&ChoosePage {
        page,
        place: Place::of(&environment),
        pin: PinView::of(state, &ruleset, &environment, user.now),
        offer: may_write(&portal, &user, &ruleset),
        ruleset: ruleset.to_string(),
        policy: policy_rows(&policy),
        q: address.q,
        hidden: found - rules.len(),
        rules,
        found,
        all,
    }))
}

fn which(portal: &Portal, user: &User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let rulesets = user.snapshot.state.rulesets();
    let rulesets = rulesets
        .iter()
        .filter(|ruleset| user.may(Act::View, &Scope::ruleset(ruleset)))
        .map(|ruleset| Link {
            href: format!("/hotfixes/new?ruleset={ruleset}"),
            text: ruleset.to_string(),
        })
        .collect();
    let page = Page::new(portal, user, "hotfixes", "Make a hotfix");
    Ok(page::html(&WhichPage { page, rulesets }))
}

fn why_not(policy: &Policy, path: &str, bytes: &[u8]) -> String {
    if !policy.may_touch(path) {
        return format!(
            "the policy lets a hotfix touch {} only",
            policy.hotfix_paths.join(", ")
        );
    }
    typed::obstacle(bytes).unwrap_or_default().to_owned()
}

/// What the policy says of hotfixes.
fn policy_rows(policy: &Policy) -> Vec<(&'static str, String)> {
    let approvals = |n: u32| format::count(n as usize, "approval", "approvals");
    vec![
        (
            "cap",
            format!(
                "{}, {}",
                format::count(policy.hotfix_rules_max as usize, "rule", "rules"),
                format::count(
                    policy.hotfix_lines_max as usize,
                    "changed line",
                    "changed lines"
                )
            ),
        ),
        ("within it", approvals(policy.hotfix_approvals)),
        ("over it", approvals(policy.hotfix_over_cap_approvals)),
        ("paths", policy.hotfix_paths.join(", ")),
        (
            "longest life",
            format::count(policy.hotfix_days_max as usize, "day", "days"),
        ),
    ]
}
