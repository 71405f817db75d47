//! The differing rules of a page, in order, so many in memory at once.

use std::sync::Arc;

use super::draw::{Drawn, Remaining, Texts, draw};
use super::drawings::Key;
use super::params::Params;
use super::{PAGE, Pair};
use crate::app::AppError;
use crate::web::environment_view::Tag;
use crate::web::hotfix_lines::chain_of;
use crate::web::{Portal, format};
use rulegate_compare::diff::Difference;
use rulegate_compare::same_edits;
use rulegate_ledger::digest::Digest;

/// Rules whose bytes are held at once: two texts of 8 MiB each at the very most.
const AT_ONCE: usize = 8;

/// One differing rule.
pub(super) struct RuleView {
    pub id: String,
    pub path: String,
    /// Where it was before it was renamed.
    pub renamed_from: String,
    pub tag: Tag,
    /// What is told of it beside the others of the page.
    pub tags: Vec<Tag>,
    /// Set if the lines are folded: why.
    pub folded: String,
    pub href: String,
    pub drawn: Arc<Drawn>,
}

/// One difference with the digests of both sides.
pub(super) type Changed<'d> = (&'d Difference<'d, String>, Pair);

/// Every rule of the page, in order.
pub(super) async fn all(
    portal: &Portal,
    asked: &Params,
    changes: &[Changed<'_>],
) -> Result<Vec<RuleView>, AppError> {
    debug_assert!(changes.len() <= PAGE);
    let mut views = Vec::with_capacity(changes.len());
    let mut left = Remaining::of_page();
    for chunk in changes.chunks(AT_ONCE) {
        let known: Vec<Option<Arc<Drawn>>> = chunk
            .iter()
            .map(|change| portal.drawings.get(&key(asked, change)?))
            .collect();
        // Read in one go; what each rule asks for below is in memory then.
        let unknown = chunk
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none());
        let digests: Vec<Digest> = unknown
            .flat_map(|((_, (old, new)), _)| [*old, *new])
            .flatten()
            .collect();
        let _held = portal.app.contents(&digests).await?;
        let mut at = 0;
        while at < chunk.len() {
            let fits = |known: &&Arc<Drawn>| left.is_enough_for(known.value_bytes);
            let drawings = match known[at].as_ref().filter(fits) {
                Some(known) => vec![known.clone()],
                // And those that follow and are not known either: one change of thread for all of them.
                None => {
                    let following = known[at + 1..].iter().take_while(|known| known.is_none());
                    let run = &chunk[at..=at + following.count()];
                    draw_anew(portal, asked, run, left).await?
                }
            };
            for drawn in drawings {
                left.take(&drawn);
                views.push(view(asked, chunk[at].0, views.len() + 1, drawn));
                at += 1;
            }
        }
    }
    fold(&mut views);
    Ok(views)
}

/// What a drawing depends on; none where hotfixes have a say, whose state changes.
fn key(asked: &Params, (difference, digests): &Changed<'_>) -> Option<Key> {
    (!asked.is_alone() && asked.hotfixes.is_empty()).then(|| Key {
        address: asked.href(difference.path()),
        digests: *digests,
    })
}

/// Draws rules, each with what those before it leave, and keeps the drawings of which nothing was left out for want of
/// room.
async fn draw_anew(
    portal: &Portal,
    asked: &Params,
    changes: &[Changed<'_>],
    mut left: Remaining,
) -> Result<Vec<Arc<Drawn>>, AppError> {
    let mut rules = Vec::with_capacity(changes.len());
    for change in changes {
        rules.push((load(portal, asked, change).await?, change.0.path().clone()));
    }
    let by = asked.clone();
    let drawings = tokio::task::spawn_blocking(move || {
        let draw = |(texts, path): (Texts, String)| {
            let is_whole = left.is_enough_for(texts.size_bytes());
            let drawn = Arc::new(draw(&texts, &by, left, &path));
            left.take(&drawn);
            (drawn, is_whole)
        };
        rules.into_iter().map(draw).collect::<Vec<_>>()
    })
    .await
    .map_err(AppError::broken)?;
    for (change, (drawn, is_whole)) in changes.iter().zip(&drawings) {
        if let Some(key) = key(asked, change).filter(|_| *is_whole) {
            portal.drawings.keep(key, drawn.clone());
        }
    }
    Ok(drawings.into_iter().map(|(drawn, _)| drawn).collect())
}

async fn load(
    portal: &Portal,
    asked: &Params,
    (difference, (old_digest, new_digest)): &Changed<'_>,
) -> Result<Texts, AppError> {
    let old_path = match difference {
        Difference::Renamed { from, .. } => from.as_str(),
        other => other.path().as_str(),
    };
    let new_path = difference.path();
    let bytes = async |digest: &Option<Digest>| match digest {
        Some(digest) => Ok(portal.app.contents(&[*digest]).await?.remove(0)),
        None => Ok::<_, AppError>(bytes::Bytes::new()),
    };
    Ok(Texts {
        old_path: old_path.to_owned(),
        old_digest: *old_digest,
        old: bytes(old_digest).await?,
        new: bytes(new_digest).await?,
        old_chain: chain_of(portal, asked.hotfixes.clone(), old_path, *old_digest).await?,
        new_chain: chain_of(portal, asked.hotfixes.clone(), new_path, *new_digest).await?,
    })
}

fn view(
    asked: &Params,
    difference: &Difference<'_, String>,
    number: usize,
    drawn: Arc<Drawn>,
) -> RuleView {
    let (tag, renamed_from) = match difference {
        Difference::Added { .. } => (Tag::new("ok", "added"), String::new()),
        Difference::Removed { .. } => (Tag::new("bad", "removed"), String::new()),
        Difference::Changed { .. } => (Tag::new("mute", "changed"), String::new()),
        Difference::Renamed { from, .. } => (Tag::new("plan", "renamed"), (*from).clone()),
    };
    let path = difference.path().clone();
    RuleView {
        id: format!("r{number}"),
        href: asked.href(&path),
        path,
        renamed_from,
        tag,
        tags: Vec::new(),
        folded: String::new(),
        drawn,
    }
}

/// Folds the lines of what differs in form only, and of every rule but the first of those that changed alike.
fn fold(views: &mut [RuleView]) {
    for view in views.iter_mut() {
        let values = view.drawn.values.as_ref();
        if values.is_some_and(|values| values.is_form_only) {
            view.folded = "The lines, which differ in form only".to_owned();
        }
    }
    let drawings: Vec<Arc<Drawn>> = views.iter().map(|view| view.drawn.clone()).collect();
    let told: Vec<usize> = (0..views.len())
        .filter(|&at| !drawings[at].edits.is_empty())
        .collect();
    let known: Vec<_> = told.iter().map(|&at| &drawings[at].edits).collect();
    for group in same_edits::groups(&known)
        .into_iter()
        .filter(|group| group.len() > 1)
    {
        let first = views[told[group[0]]].path.clone();
        let all = format::count(group.len(), "rule", "rules");
        for &member in &group[1..] {
            let view = &mut views[told[member]];
            view.tags
                .push(Tag::new("mute", format!("one of {all} changed alike")));
            if view.folded.is_empty() {
                view.folded = format!("The lines, which changed as in {first}");
            }
        }
        let view = &mut views[told[group[0]]];
        view.tags.push(Tag::new(
            "mute",
            format!("the first of {all} changed alike"),
        ));
    }
}
