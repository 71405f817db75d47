//! Rule sets, and the versions of one with where each of them stands.

mod activate;
mod versions_table;

use askama::Template;
use axum::extract::{Path, Query, State};

use self::versions_table::VersionRow;
use crate::web::environment_view::{PinView, Place, TimeView};
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::paging::{PageQuery, one_page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Scope, roles_for};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// Versions on one page of a rule set.
const PAGE: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/rulesets", list)
        .page("/rulesets/{ruleset}", show)
        .page("/rulesets/{ruleset}/activate", activate::preview)
        .form("/rulesets/{ruleset}/activations", activate::ask)
}

/// The rule set of an address; unknown ones are not here.
pub(super) fn known(user: &User, name: &str) -> Result<RuleSetName, WebError> {
    let ruleset: RuleSetName = name.parse()?;
    user.require(Act::View, Scope::ruleset(&ruleset))?;
    if !user.snapshot.state.has_ruleset(&ruleset) {
        return Err(refuse(Refusal::UnknownRuleSet { ruleset }));
    }
    Ok(ruleset)
}

/// Who may do an act, as the end of a sentence: `a release-admin can.`
pub(super) fn who_can(act: Act) -> String {
    let roles: Vec<&str> = roles_for(act).into_iter().map(|role| role.name()).collect();
    format!("Someone with the role {} can.", roles.join(" or "))
}

#[derive(Template)]
#[template(path = "rulesets/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<ListRow>,
}

struct ListRow {
    name: String,
    href: String,
    versions: String,
    newest: Option<(String, String, TimeView)>,
    pins: Vec<PinView>,
}

async fn list(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let state = &user.snapshot.state;
    let rows = state
        .rulesets()
        .iter()
        .map(|ruleset| {
            let versions = state.versions(ruleset);
            let newest = versions.iter().find(|(version, _)| !version.is_hotfix());
            ListRow {
                name: ruleset.to_string(),
                href: address::ruleset(ruleset),
                versions: format::count(versions.len(), "version", "versions"),
                newest: newest.map(|(version, facts)| {
                    let href = address::version(ruleset, version);
                    (version.to_string(), href, TimeView::ago(facts.at, user.now))
                }),
                pins: pins(&user, ruleset),
            }
        })
        .collect();
    let page = Page::new(&portal, &user, "rulesets", "Rule sets");
    Ok(page::html(&ListPage { page, rows }))
}

fn pins(user: &User, ruleset: &RuleSetName) -> Vec<PinView> {
    let state = &user.snapshot.state;
    state
        .topology
        .environments()
        .iter()
        .map(|environment| PinView::of(state, ruleset, environment, user.now))
        .collect()
}

#[derive(Template)]
#[template(path = "rulesets/ruleset.html")]
struct RuleSetPage {
    page: Page,
    crumbs: Vec<Link>,
    name: String,
    href: String,
    summary: String,
    environments: Vec<EnvironmentRow>,
    columns: Vec<Place>,
    versions: Vec<VersionRow>,
    shown: String,
    newer: String,
    older: String,
    may_activate: bool,
    who_activates: String,
}

/// One environment: its pin, its baseline, and how to move it.
struct EnvironmentRow {
    pin: PinView,
    /// The last planned version that went live there, with its address.
    baseline: Option<(String, String, TimeView)>,
    differences: String,
}

#[derive(serde::Deserialize)]
struct Listed {
    /// The page: after or before this version.
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
    /// The number of a page, of links from before pages were paged by version.
    #[serde(default)]
    page: usize,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path(name): Path<String>,
    Query(listed): Query<Listed>,
) -> WebResult {
    let ruleset = known(&user, &name)?;
    let state = &user.snapshot.state;
    let versions = state.versions(&ruleset);
    let turn = PageQuery {
        after: &listed.after,
        before: &listed.before,
        number: listed.page,
    };
    let paged = one_page(&versions, PAGE, turn, |(name, facts), key| {
        let other: Option<VersionName> = key.parse().ok();
        let at = other
            .as_ref()
            .and_then(|other| state.version(&ruleset, other))
            .map(|facts| facts.at);
        // Newest first; a version that is not known stands above all.
        (at, &other).cmp(&(Some(facts.at), &Some(name.clone())))
    });
    let href = address::ruleset(&ruleset);
    let (newer, older) = paged.links(&versions, &href, "#versions", |(name, _)| name.to_string());
    let environments = state.topology.environments();
    let page = RuleSetPage {
        page: Page::new(&portal, &user, "rulesets", ruleset.as_str()),
        crumbs: vec![Link {
            href: "/rulesets".into(),
            text: "Rule sets".into(),
        }],
        summary: summary(&user, &ruleset),
        environments: environments
            .iter()
            .map(|environment| environment_row(&user, &ruleset, environment))
            .collect(),
        columns: environments.iter().map(Place::of).collect(),
        versions: versions[paged.range.clone()]
            .iter()
            .map(|(version, facts)| VersionRow::of(&portal, &user, &ruleset, version, facts))
            .collect(),
        shown: format!("{} versions", paged.words()),
        newer,
        older,
        may_activate: user.may(Act::RequestActivation, &Scope::ruleset(&ruleset)),
        who_activates: who_can(Act::RequestActivation),
        name: ruleset.to_string(),
        href,
    };
    Ok(page::html(&page))
}

fn summary(user: &User, ruleset: &RuleSetName) -> String {
    let versions = user.snapshot.state.versions(ruleset);
    let hotfixes = versions.iter().filter(|(v, _)| v.is_hotfix()).count();
    format!(
        "{} planned, {}. Newest first; a release activates nothing.",
        format::count(versions.len() - hotfixes, "version", "versions"),
        format::count(hotfixes, "hotfix", "hotfixes"),
    )
}

fn environment_row(
    user: &User,
    ruleset: &RuleSetName,
    environment: &Environment,
) -> EnvironmentRow {
    let state = &user.snapshot.state;
    let track = state.track(ruleset, environment);
    let baseline = track.and_then(|track| track.baseline.as_ref());
    let differs = baseline
        .zip(track)
        .is_some_and(|(baseline, track)| baseline.checksum != track.current.checksum);
    EnvironmentRow {
        pin: PinView::of(state, ruleset, environment, user.now),
        baseline: baseline.map(|pin| {
            let href = address::version(ruleset, &pin.version);
            (
                pin.version.to_string(),
                href,
                TimeView::ago(pin.at, user.now),
            )
        }),
        differences: baseline
            .filter(|_| differs)
            .map(|baseline| {
                address::compare(
                    ruleset,
                    &baseline.checksum.to_string(),
                    &environment.to_string(),
                )
            })
            .unwrap_or_default(),
    }
}
