//! What somebody has seen of a review: which texts a rule shows, and the mark that says so.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use serde::Deserialize;

use super::{known, known_id};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, see};
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, address};
use rulegate_compare::verdict::RuleVerdict;
use rulegate_domain::shown_texts::ShownTexts;
use rulegate_domain::state::Review;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::manifest::{Change, Manifest};
use rulegate_ledger::review::Subject;
use rulegate_ledger::version::VersionName;

/// Which texts a rule of a hotfix shows, beside those of the planned version if there is one.
pub(super) fn sight(
    change: &Change,
    verdict: Option<&RuleVerdict>,
    planned: Option<&Manifest>,
) -> Digest {
    let elsewhere = verdict.map_or(&[][..], |verdict| &verdict.planned_paths);
    let places: BTreeSet<&str> = std::iter::once(change.path.as_str())
        .chain(elsewhere.iter().map(String::as_str))
        .collect();
    let planned = places.into_iter().filter_map(|path| {
        let digest = planned?.rules().get(path)?;
        Some((path, *digest))
    });
    let sight = ShownTexts {
        path: &change.path,
        baseline: change.from,
        hotfix: change.to,
        planned: planned.collect(),
    };
    sight.digest()
}

/// What several rules show together, in any order.
pub(super) fn shown(sights: impl Iterator<Item = Digest>) -> Digest {
    let all: BTreeSet<Digest> = sights.collect();
    let bytes: Vec<u8> = all.iter().flat_map(|sight| sight.0).collect();
    Digest::of(&bytes)
}

/// A mark, for one rule or for several.
#[derive(Deserialize)]
pub(super) struct Mark {
    environment: String,
    hotfix: String,
    #[serde(default)]
    path: Vec<String>,
    /// More rules of the same group, which need no answer.
    #[serde(default)]
    also: Vec<String>,
    /// What the page showed of them, see [`shown`].
    sight: String,
    /// `false` takes the mark back.
    #[serde(default)]
    seen: String,
}

/// `POST /reviews/{id}/seen`.
pub(super) async fn mark(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Mark>,
) -> WebResult {
    let (fields, user) = (&form.fields, &form.user);
    let review = known(user, &known_id(&id)?)?;
    let all = sights(&portal, user, review, fields).await?;
    let paths: Vec<&String> = fields.path.iter().chain(&fields.also).collect();
    let sights: Option<Vec<Digest>> = paths.iter().map(|path| all.get(*path).copied()).collect();
    let now = sights.filter(|sights| {
        !sights.is_empty() && shown(sights.iter().copied()).to_string() == fields.sight
    });
    let page = address::review(&review.id);
    let rule =
        |path: &str| address::review_rule(&review.id, &fields.environment, &fields.hotfix, path);
    let Some(sights) = now else {
        let message = "The texts changed since this page was made: look at them again.";
        let back = paths.first().map_or(page, |path| rule(path));
        return Err(form.refused(&back, FieldError::new("", message)));
    };
    let seen = fields.seen != "false";
    let me = &user.person.account.id;
    portal.app.set_seen(me, &review.id, &sights, seen).await?;
    // To the next rule that was not seen; after a mark was taken back, to the rule itself.
    Ok(match (seen, paths.as_slice()) {
        (true, _) => see(&format!("{page}#rule"), "seen"),
        (false, [path]) => see(&rule(path), "unseen"),
        (false, _) => see(&page, "unseen"),
    })
}

/// What each rule of the hotfix shows now, by path.
async fn sights(
    portal: &Portal,
    user: &User,
    review: &Review,
    fields: &Mark,
) -> Result<BTreeMap<String, Digest>, WebError> {
    let environment: Environment = fields.environment.parse()?;
    let hotfix: VersionName = fields.hotfix.parse()?;
    let state = &user.snapshot.state;
    if let (Subject::Hotfix { version, .. }, Some(ruleset)) = (&review.subject, &review.ruleset) {
        let made = state.hotfix(ruleset, version);
        let changes = made
            .filter(|_| *version == hotfix)
            .map(|made| &made.changes);
        let sights = changes.into_iter().flatten().map(|change| {
            let sight = sight(change, None, None);
            (change.path.clone(), sight)
        });
        return Ok(sights.collect());
    }
    let Some(checksum) = review.subject.checksum() else {
        return Ok(BTreeMap::new());
    };
    let planned = portal.app.manifest(&checksum).await?;
    let questions = rulegate_domain::gate::questions(state, review);
    let evidence = portal.app.judge(&questions).await?;
    let of_hotfix = evidence
        .iter()
        .filter(|j| j.question.environment == environment && j.question.hotfix == hotfix);
    let sights = of_hotfix.flat_map(|evidence| {
        let verdicts = by_path(&evidence.rules);
        let sights = evidence.question.changes.iter().map(|change| {
            let verdict = verdicts.get(change.path.as_str()).copied();
            (change.path.clone(), sight(change, verdict, Some(&planned)))
        });
        sights.collect::<Vec<_>>()
    });
    Ok(sights.collect())
}

/// Verdicts by the rule's path.
pub(super) fn by_path(rules: &[RuleVerdict]) -> BTreeMap<&str, &RuleVerdict> {
    rules
        .iter()
        .map(|rule| (rule.path.as_str(), rule))
        .collect()
}
