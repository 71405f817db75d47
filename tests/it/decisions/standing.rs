use rulegate::app::AppError;
use rulegate_domain::command;
use rulegate_domain::gate::CheckKind;
use rulegate_domain::refusal::Refusal;

use crate::harness::world::{World, environment, ruleset, version};

fn standing(world: &World, name: &str, place: &str) -> &'static str {
    world
        .app
        .snapshot()
        .state
        .standing(&ruleset(), &version(name), &environment(place))
        .code()
}

#[tokio::test]
async fn a_version_lives_as_the_design_says() {
    let world = World::new().await;
    world.release("1", &[("a", "1\n")]).await;
    assert_eq!(standing(&world, "1", "ipc2/sl"), "awaiting_soft_launch");
    assert_eq!(standing(&world, "1", "ipc1/sl"), "absent");
    let review = world.ask("1", &["ipc2/sl"]).await;
    world.execute_review("lucy", &review).await.unwrap();
    assert_eq!(standing(&world, "1", "ipc2/sl"), "active");
    assert_eq!(standing(&world, "1", "ipc2/prod"), "awaiting_soft_launch");

    // A second release supersedes nothing in sl until it runs there.
    world.release("2", &[("a", "2\n")]).await;
    world.release("3", &[("a", "3\n")]).await;
    let review = world.ask("3", &["ipc2/sl"]).await;
    world.execute_review("lucy", &review).await.unwrap();
    assert_eq!(standing(&world, "2", "ipc2/sl"), "superseded");
    assert_eq!(standing(&world, "1", "ipc2/sl"), "left_soft_launch");
    world.validate("3", false).await;
    assert_eq!(standing(&world, "3", "ipc2/prod"), "failed_in_soft_launch");

    // Failed: production is closed, soft launch is open again, and a new pass opens production.
    let review = world.ask("3", &["ipc2/prod"]).await;
    world.approve("rita", &review).await.unwrap();
    let error = world.execute_review("ana", &review).await.unwrap_err();
    let AppError::Refused(Refusal::GateBlocked { checks }) = error else {
        panic!("{error}")
    };
    assert_eq!(checks[0].kind, CheckKind::PassedSoftLaunch);
    world.validate("3", true).await;
    assert_eq!(standing(&world, "3", "ipc2/prod"), "ready");
    world.execute_review("ana", &review).await.unwrap();
    assert_eq!(standing(&world, "3", "ipc2/prod"), "active");
}

#[tokio::test]
async fn back_to_what_production_had_needs_no_new_soft_launch() {
    let world = World::new().await;
    world.live("1", &[("a", "1\n")]).await;
    world.live("2", &[("a", "2\n")]).await;
    assert_eq!(
        standing(&world, "1", "ipc2/prod"),
        "inactive_from_production"
    );
    let review = world.ask("1", &["ipc2/prod"]).await;
    world.approve("rita", &review).await.unwrap();
    let done = world.execute_review("ana", &review).await.unwrap();
    let text = done.entries[0].fact.event.body_json();
    assert!(text.contains(r#""mode":"rollback""#), "{text}");
}

#[tokio::test]
async fn a_rollback_that_would_lose_a_hotfix_asks_first_and_going_back_to_a_hotfix_reopens_it() {
    let world = World::new().await;
    world.live("1", &[("a", "1\n"), ("b", "1\n")]).await;
    world.hotfix(&[("a", "fixed\n")]).await;
    let review = world.ask("1", &["ipc2/prod"]).await;
    let error = world.approve("rita", &review).await.unwrap_err();
    assert_eq!(error.outcome().code, "hotfixes_unanswered");

    world
        .live_after_answer("2", &[("a", "fixed\n"), ("b", "2\n")])
        .await;
    let prod = environment("ipc2/prod");
    assert!(
        world
            .app
            .snapshot()
            .state
            .open_hotfixes(&ruleset(), &prod)
            .is_empty()
    );
    let review = world.ask("1+ipc2.1", &["ipc2/prod"]).await;
    world.approve("rita", &review).await.unwrap();
    world.execute_review("ana", &review).await.unwrap();
    let snapshot = world.app.snapshot();
    assert_eq!(snapshot.state.open_hotfixes(&ruleset(), &prod).len(), 1);
    let baseline = snapshot
        .state
        .track(&ruleset(), &prod)
        .unwrap()
        .baseline
        .clone()
        .unwrap();
    assert_eq!(baseline.version, version("1"));
}

#[tokio::test]
async fn the_same_bytes_again_append_nothing_and_other_bytes_under_the_name_are_refused() {
    let world = World::new().await;
    let first = world.release("1", &[("a", "1\n")]).await;
    let again = world.release("1", &[("a", "1\n")]).await;
    assert!(again.entries.is_empty());
    assert_eq!(again.entry(), first.entry());
    let snapshot = world
        .app
        .keep(&crate::harness::world::rules(&[("a", "2\n")]))
        .await
        .unwrap();
    let command = command::CommitRelease {
        ruleset: ruleset(),
        version: version("1"),
        snapshot,
        provenance: Default::default(),
        evidence: vec![],
    }
    .into();
    assert_eq!(
        world
            .act("pipeline", command)
            .await
            .unwrap_err()
            .outcome()
            .code,
        "version_exists"
    );
}
