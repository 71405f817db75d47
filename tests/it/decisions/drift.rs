use rulegate_domain::command::{self, Command};
use rulegate_ledger::ids::Timestamp;

use crate::harness::world::{World, environment, opened, rules, ruleset};

/// Reports what a store outside holds, with its bytes.
pub async fn observe(world: &World, texts: &[(&str, &str)]) -> rulegate::app::execute::Executed {
    world.app.keep(&rules(texts)).await.unwrap();
    report(world, texts).await
}

/// The same by digests alone.
pub async fn report(world: &World, texts: &[(&str, &str)]) -> rulegate::app::execute::Executed {
    let found = rules(texts).manifest;
    let pin = world
        .app
        .snapshot()
        .state
        .pin(&ruleset(), &environment("ipc2/prod"))
        .unwrap()
        .checksum;
    let before = world.app.manifest(&pin).await.unwrap();
    let command = command::RecordObservation {
        ruleset: ruleset(),
        environment: environment("ipc2/prod"),
        checksum: found.checksum(),
        pin,
        changes: before.differences(&found),
    }
    .into();
    world.act("omar", command).await.unwrap()
}

#[tokio::test]
async fn observed_drift_blocks_until_somebody_explains_it() {
    let world = World::new().await;
    world.live("1", &[("a", "1\n")]).await;
    let same = observe(&world, &[("a", "1\n")]).await;
    assert_eq!(
        observe(&world, &[("a", "1\n")]).await.entry(),
        same.entry(),
        "nothing new, nothing appended"
    );
    let drift = observe(&world, &[("a", "somebody was here\n")])
        .await
        .entry()
        .unwrap();
    let now = world.app.clock.now();
    let prod = environment("ipc2/prod");
    assert!(
        world
            .app
            .snapshot()
            .state
            .open_drift(&ruleset(), &prod, now)
            .is_some()
    );

    // Explained until a date, and open again after it.
    let ends_at = Timestamp(now.0 + Timestamp::DAY_US);
    let dismiss: Command = command::DismissDrift {
        observation: drift.clone(),
        reason: "a drill".into(),
        ends_at,
    }
    .into();
    assert_eq!(
        world
            .act("theo", dismiss.clone())
            .await
            .unwrap_err()
            .outcome()
            .code,
        "not_allowed"
    );
    world.act("ana", dismiss).await.unwrap();
    assert!(
        world
            .app
            .snapshot()
            .state
            .open_drift(&ruleset(), &prod, now)
            .is_none()
    );
    let later = Timestamp(ends_at.0 + 1);
    assert!(
        world
            .app
            .snapshot()
            .state
            .open_drift(&ruleset(), &prod, later)
            .is_some()
    );
}

#[tokio::test]
async fn adopted_drift_becomes_a_hotfix_of_unknown_author_and_goes_through_the_gate() {
    let world = World::new().await;
    world.live("1", &[("a", "1\n")]).await;
    let drift = observe(&world, &[("a", "better\n")]).await.entry().unwrap();
    let snapshot = rules(&[("a", "better\n")]).facts();
    let words = world.hotfix_words();
    let command = command::AdoptDrift {
        observation: drift.clone(),
        snapshot,
        lines_changed: 1,
        words,
    }
    .into();
    let done = world.act("theo", command).await.unwrap();
    let review = opened(&done);
    world.approve("rita", &review).await.unwrap();
    world.execute_review("ana", &review).await.unwrap();
    let state = &world.app.snapshot().state;
    let hotfix = state.hotfixes()[0].clone();
    assert_eq!(
        (hotfix.adopts.as_ref(), hotfix.version.as_str()),
        (Some(&drift), "1+ipc2.1")
    );
    let now = world.app.clock.now();
    assert!(
        state
            .open_drift(&ruleset(), &environment("ipc2/prod"), now)
            .is_none()
    );
}

#[tokio::test]
async fn a_hotfix_stays_within_policy() {
    let world = World::new().await;
    world.live("1", &[("a", "1\n")]).await;
    let code = |error: rulegate::app::AppError| error.outcome().code;
    assert_eq!(
        code(world.propose_hotfix(&[("a", "1\n")]).await.unwrap_err()),
        "nothing_changed"
    );
    let live = command::DeclareLiveSite {
        live: "ipc1".parse().unwrap(),
        reason: "ipc2 is down".into(),
    }
    .into();
    world.act("omar", live).await.unwrap();
    assert_eq!(
        code(world.propose_hotfix(&[("a", "2\n")]).await.unwrap_err()),
        "not_the_live_site"
    );
}
