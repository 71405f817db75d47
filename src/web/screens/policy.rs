//! The policy in force, and asking for a change of it through a review.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::accounts::problem_of;
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::error::WebResult;
use crate::web::form::{Form, fresh_once, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address};
use rulegate_domain::command::Command;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::ReviewStatus;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Subject;

pub(super) fn routes() -> Routes {
    Routes::default().page("/policy", show).form("/policy", ask)
}

/// The policy as somebody types it.
#[derive(Clone, Deserialize)]
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

impl Default for Fields {
    fn default() -> Self {
        Fields::of(&Policy::default())
    }
}

impl Fields {
    fn of(policy: &Policy) -> Fields {
        Fields {
            production: policy.production_approvals.to_string(),
            soft_launch: policy.soft_launch_approvals.to_string(),
            hotfix: policy.hotfix_approvals.to_string(),
            hotfix_over_cap: policy.hotfix_over_cap_approvals.to_string(),
            recall: policy.recall_approvals.to_string(),
            policy: policy.policy_approvals.to_string(),
            rules_max: policy.hotfix_rules_max.to_string(),
            lines_max: policy.hotfix_lines_max.to_string(),
            days_max: policy.hotfix_days_max.to_string(),
            paths: policy.hotfix_paths.join("\n"),
            reason: String::new(),
        }
    }

    /// Errors: [`AppError::BadInput`] naming the first field that is no number.
    fn read(&self) -> Result<Policy, AppError> {
        let number = |what: &str, text: &str| {
            text.trim().parse::<u32>().map_err(|_| AppError::BadInput {
                code: "bad_number",
                message: format!("{what}: {text:?} is no whole number"),
            })
        };
        let paths = self
            .paths
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        Ok(Policy {
            production_approvals: number("Production", &self.production)?,
            soft_launch_approvals: number("Soft launch", &self.soft_launch)?,
            hotfix_approvals: number("Hotfix", &self.hotfix)?,
            hotfix_over_cap_approvals: number("Hotfix over its cap", &self.hotfix_over_cap)?,
            recall_approvals: number("Recall", &self.recall)?,
            policy_approvals: number("Policy", &self.policy)?,
            hotfix_rules_max: number("Rules", &self.rules_max)?,
            hotfix_lines_max: number("Lines", &self.lines_max)?,
            hotfix_paths: paths.map(str::to_owned).collect(),
            hotfix_days_max: number("Days", &self.days_max)?,
        })
    }
}

#[derive(Template)]
#[template(path = "policy/policy.html")]
struct PolicyPage {
    page: Page,
    now: Fields,
    typed: Fields,
    ask: Availability,
    once: String,
    problem: String,
    /// How many may approve everywhere: no number may ask for more than the others can give.
    people: usize,
    waiting: Vec<Link>,
}

impl PolicyPage {
    fn paths(&self) -> Vec<&str> {
        self.now.paths.lines().collect()
    }
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let typed = Fields::of(&user.snapshot.state.policy());
    Ok(page::html(&view(&portal, &user, typed, String::new())))
}

fn view(portal: &Portal, user: &User, typed: Fields, problem: String) -> PolicyPage {
    let truth = &user.snapshot.state;
    let (act, scope) = (Act::RequestPolicy, Scope::EVERYWHERE);
    let waits = truth.reviews().into_iter().filter(|review| {
        matches!(review.subject, Subject::Policy { .. }) && review.status == ReviewStatus::Open
    });
    let waiting = waits.map(|review| Link {
        href: address::review(&review.id),
        text: format!("asked by {}", portal.auth.directory.name(&review.requester)),
    });
    PolicyPage {
        page: Page::new(portal, user, "accounts", "Policy"),
        now: Fields::of(&truth.policy()),
        ask: match user.may(act, &scope) {
            true => Availability::default(),
            false => Availability::refused(portal, user, None, &Refusal::NotAllowed { act, scope }),
        },
        typed,
        once: fresh_once(),
        problem,
        people: truth.people_who_may(Act::Approve, &Scope::EVERYWHERE).len(),
        waiting: waiting.collect(),
    }
}

async fn ask(State(portal): State<Portal>, form: Form<Fields>) -> WebResult {
    let asked = async {
        let policy = form.fields.read()?;
        let reason = form.fields.reason.clone();
        form.execute_raw(&portal, Command::OpenPolicy { policy, reason })
            .await
    };
    match asked.await {
        Ok(done) => {
            let opened = done
                .entries
                .iter()
                .find(|entry| matches!(entry.fact.event, Event::ReviewOpened(_)));
            let review = opened.map(|entry| ReviewId {
                site: entry.at_entry.site.clone(),
                seq: entry.at_entry.seq,
            });
            let to = review.map_or("/policy".to_owned(), |review| address::review(&review));
            Ok(see(&to, "policy-asked"))
        }
        Err(error) => {
            let (status, problem): (StatusCode, String) = problem_of(error)?;
            let view = view(&portal, &form.user, form.fields, problem);
            Ok((status, page::html(&view)).into_response())
        }
    }
}
