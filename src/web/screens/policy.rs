//! The policy in force, and asking for a change of it through a review.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::web::availability::Availability;
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, address};
use rulegate_domain::command;
use rulegate_domain::state::{Review, ReviewStatus};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Subject;

pub(super) fn routes() -> Routes {
    Routes::default().page("/policy", show).form("/policy", ask)
}

#[derive(Template)]
#[template(path = "policy/policy.html")]
struct PolicyPage<'s> {
    page: Page,
    now: Policy,
    ask: Availability,
    /// How many may approve everywhere: no number may ask for more than the others can give.
    people: usize,
    waiting: Vec<&'s Review>,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let state = &user.snapshot.state;
    let reviews = state.reviews().into_iter().map(|review| &**review);
    let waits = |review: &&Review| {
        matches!(review.subject, Subject::Policy { .. }) && review.status == ReviewStatus::Open
    };
    Ok(page::html(&PolicyPage {
        page: Page::new(&portal, &user, "accounts", "Policy"),
        now: state.policy(),
        ask: Availability::of_right(&portal, &user, Act::RequestPolicy, Scope::EVERYWHERE),
        people: state.people_who_may(Act::Approve, &Scope::EVERYWHERE).len(),
        waiting: reviews.filter(waits).collect(),
    }))
}

/// The policy as somebody types it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    production: String,
    soft_launch: String,
    hotfix: String,
    hotfix_over_cap: String,
    recall: String,
    policy: String,
    rules_max: String,
    lines_max: String,
    days_max: String,
    paths: String,
    reason: String,
}

impl Fields {
    fn read(&self) -> Result<Policy, FieldError> {
        let number = |field: &'static str, what: &str, text: &str| {
            let wrong = |_| FieldError::new(field, format!("{what}: {text:?} is no whole number"));
            text.trim().parse::<u32>().map_err(wrong)
        };
        let paths = self.paths.lines().map(str::trim);
        Ok(Policy {
            production_approvals: number("production", "Production", &self.production)?,
            soft_launch_approvals: number("soft_launch", "Soft launch", &self.soft_launch)?,
            hotfix_approvals: number("hotfix", "Hotfix", &self.hotfix)?,
            hotfix_over_cap_approvals: number(
                "hotfix_over_cap",
                "Hotfix over its cap",
                &self.hotfix_over_cap,
            )?,
            recall_approvals: number("recall", "Recall", &self.recall)?,
            policy_approvals: number("policy", "Policy", &self.policy)?,
            hotfix_rules_max: number("rules_max", "Rules", &self.rules_max)?,
            hotfix_lines_max: number("lines_max", "Lines", &self.lines_max)?,
            hotfix_paths: paths
                .filter(|path| !path.is_empty())
                .map(str::to_owned)
                .collect(),
            hotfix_days_max: number("days_max", "Days", &self.days_max)?,
        })
    }
}

async fn ask(State(portal): State<Portal>, form: Form<Fields>) -> WebResult {
    let open = |fields: &Fields| {
        Ok(command::OpenPolicy {
            policy: fields.read()?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    let done = form.execute(&portal, "/policy", open).await?;
    let to = done
        .review()
        .map_or("/policy".to_owned(), |review| address::review(&review));
    Ok(see(&to, "policy-asked"))
}
