//! Rule sets, and the versions of one with where each of them stands.

mod activate;
mod versions_table;

use askama::Template;
use axum::extract::{Path, Query, State};

use self::versions_table::VersionRow;
use crate::web::availability::Availability;
use crate::web::environment_view::PinView;
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Pin, State as Truth};
use rulegate_ledger::access::{Act, Scope, roles_for};
use rulegate_ledger::ids::{RuleSetName, Timestamp};
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

/// Whether the person may ask for an activation; if not, who may.
fn may_ask(user: &User, ruleset: &RuleSetName) -> Availability {
    let act = Act::RequestActivation;
    if user.may(act, &Scope::ruleset(ruleset)) {
        return Availability::default();
    }
    let roles: Vec<&str> = roles_for(act).into_iter().map(|role| role.name()).collect();
    Availability::unavailable(
        "You may look at this, not ask for it.",
        format!("Someone with the role {} can.", roles.join(" or ")),
    )
}

#[derive(Template)]
#[template(path = "rulesets/list.html")]
struct ListPage<'s> {
    page: Page,
    rows: Vec<ListRow<'s>>,
}

struct ListRow<'s> {
    ruleset: RuleSetName,
    versions: usize,
    /// The newest planned version, and when it was released.
    newest: Option<(VersionName, Timestamp)>,
    pins: Vec<PinView<'s>>,
}

async fn list(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let state = &user.snapshot.state;
    let row = |ruleset: RuleSetName| {
        let versions = state.versions(&ruleset);
        let newest = versions.iter().find(|(version, _)| !version.is_hotfix());
        ListRow {
            versions: versions.len(),
            newest: newest.map(|(version, facts)| (version.clone(), facts.at)),
            pins: PinView::everywhere(state, &ruleset, user.now),
            ruleset,
        }
    };
    Ok(page::html(&ListPage {
        page: Page::new(&portal, &user, "rulesets", "Rule sets"),
        rows: state.rulesets().into_iter().map(row).collect(),
    }))
}

#[derive(Template)]
#[template(path = "rulesets/ruleset.html")]
struct RuleSetPage<'s> {
    page: Page,
    crumbs: Vec<Link>,
    ruleset: RuleSetName,
    planned: usize,
    hotfixes: usize,
    environments: Vec<EnvironmentRow<'s>>,
    versions: Vec<VersionRow<'s>>,
    paged: PageOfList,
    ask: Availability,
}

/// One environment: its pin, and the last planned version that went live there.
struct EnvironmentRow<'s> {
    pin: PinView<'s>,
    baseline: Option<&'s Pin>,
}

impl<'s> EnvironmentRow<'s> {
    fn of(state: &'s Truth, pin: PinView<'s>) -> EnvironmentRow<'s> {
        let track = state.track(&pin.ruleset, &pin.place);
        EnvironmentRow {
            baseline: track.and_then(|track| track.baseline.as_ref()),
            pin,
        }
    }

    fn differs(&self) -> bool {
        let both = self.baseline.zip(self.pin.pin);
        both.is_some_and(|(baseline, pin)| baseline.checksum != pin.checksum)
    }
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path(name): Path<String>,
    Query(paging): Query<PageQuery>,
) -> WebResult {
    let ruleset = known(&user, &name)?;
    let state = &user.snapshot.state;
    let versions = state.versions(&ruleset);
    let href = address::ruleset(&ruleset);
    let paged = one_page(&versions, PAGE, &paging, |(name, facts), key| {
        let other: Option<VersionName> = key.parse().ok();
        let at = other
            .as_ref()
            .and_then(|other| state.version(&ruleset, other))
            .map(|facts| facts.at);
        // Newest first; a version that is not known stands above all.
        (at, &other).cmp(&(Some(facts.at), &Some(name.clone())))
    })
    .linked(&versions, &href, "#versions", |(name, _)| name.to_string());
    let hotfixes = versions.iter().filter(|(v, _)| v.is_hotfix()).count();
    let pins = PinView::everywhere(state, &ruleset, user.now).into_iter();
    let page = RuleSetPage {
        page: Page::new(&portal, &user, "rulesets", ruleset.as_str()),
        crumbs: vec![Link::new("/rulesets", "Rule sets")],
        planned: versions.len() - hotfixes,
        hotfixes,
        environments: pins.map(|pin| EnvironmentRow::of(state, pin)).collect(),
        versions: versions[paged.range.clone()]
            .iter()
            .map(|(version, facts)| VersionRow::of(&user, &ruleset, version, facts))
            .collect(),
        paged,
        ask: may_ask(&user, &ruleset),
        ruleset,
    };
    Ok(page::html(&page))
}
