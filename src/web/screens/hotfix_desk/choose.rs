//! Before any text: where the hotfix aims, which policy holds, which rules it may touch.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{aim, known_ruleset, may_write};
use crate::web::availability::Availability;
use crate::web::environment_view::{PinView, Tag};
use crate::web::error::WebResult;
use crate::web::page::{self, Page};
use crate::web::user::User;
use crate::web::{Portal, address, filters, typed};
use rulegate_domain::state::Pin;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
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
    ruleset: &'s RuleSetName,
    environment: &'s Environment,
    pin: Option<&'s Pin>,
    /// What stands there instead of a pin.
    nothing: &'static str,
    is_live: bool,
    tags: Vec<Tag>,
    write: Availability,
    policy: Policy,
    q: String,
    /// What runs there, each rule with why it cannot be chosen; empty if it can.
    rules: Vec<(String, String)>,
    found: usize,
    all: usize,
}

#[derive(Template)]
#[template(path = "hotfixes/which.html")]
struct WhichPage {
    page: Page,
    rulesets: Vec<RuleSetName>,
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
    let pin = state.pin(&ruleset, &environment);
    let (mut rules, mut found, mut all) = (Vec::new(), 0, 0);
    if let Some(pin) = pin {
        let manifest = portal.app.manifest(&pin.checksum).await?;
        all = manifest.rules().len();
        let matching = manifest.rules().iter();
        let mut matching: Vec<_> = matching
            .filter(|(path, _)| q.is_empty() || path.to_lowercase().contains(&q))
            .collect();
        found = matching.len();
        matching.truncate(RULES_SHOWN_MAX);
        let digests: Vec<Digest> = matching.iter().map(|(_, digest)| **digest).collect();
        let contents = portal.app.contents(&digests).await?;
        let shown = matching.into_iter().zip(contents);
        rules = shown
            .map(|((path, _), bytes)| (path.clone(), why_not(&policy, path, &bytes)))
            .collect();
    }
    let view = PinView::of(state, &ruleset, &environment, user.now);
    Ok(page::html(&ChoosePage {
        page: Page::new(&portal, &user, "hotfixes", format!("Hotfix of {ruleset}")),
        ruleset: &ruleset,
        environment: &environment,
        pin,
        nothing: view.nothing,
        is_live: view.is_live,
        tags: view.tags,
        write: may_write(&portal, &user, &ruleset),
        policy,
        q: address.q,
        rules,
        found,
        all,
    }))
}

fn which(portal: &Portal, user: &User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let mut rulesets = user.snapshot.state.rulesets();
    rulesets.retain(|ruleset| user.may(Act::View, &Scope::ruleset(ruleset)));
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
