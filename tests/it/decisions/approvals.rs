use rulegate::app::AppError;
use rulegate_domain::command;
use rulegate_domain::gate::CheckKind;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{ReviewId, Timestamp};
use rulegate_ledger::review::{Answer, ShownChange};

use crate::harness::world::{World, environment, ruleset, version};

const ONE: &[(&str, &str)] = &[("a.conf", "one\n"), ("b.conf", "two\n")];
const TWO: &[(&str, &str)] = &[("a.conf", "one\n"), ("b.conf", "two more\n")];

fn refusal(error: AppError) -> Refusal {
    match error {
        AppError::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other}"),
    }
}

/// Version 1 live with a hotfix of a.conf on top; version 2, which does not contain it, passed in sl and
/// its review for ipc2/prod is open.
async fn at_the_gate() -> (World, ReviewId) {
    let world = World::new().await;
    world.live("1", ONE).await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    world.release("2", TWO).await;
    let sl = world.ask("2", &["ipc2/sl"]).await;
    world.execute_review("lucy", &sl).await.unwrap();
    world.validate("2", true).await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    (world, review)
}

async fn answer(
    world: &World,
    name: &str,
    review: &ReviewId,
    answer: Answer,
) -> Result<(), AppError> {
    let command = command::AnswerHotfix {
        review: review.clone(),
        environment: environment("ipc2/prod"),
        hotfix: version("1+ipc2.1"),
        paths: vec!["a.conf".into()],
        answer,
        evidence: Vec::new(),
    }
    .into();
    world.act(name, command).await.map(|_| ())
}

fn loss() -> Answer {
    Answer::LossAccepted {
        reason: "the upstream fix makes it needless".into(),
    }
}

#[tokio::test]
async fn a_release_says_at_once_what_it_may_override_and_activates_nothing() {
    let (world, _) = at_the_gate().await;
    let snapshot = world.app.snapshot();
    let facts = snapshot.state.version(&ruleset(), &version("2")).unwrap();
    let drift = &facts.release.as_ref().unwrap().drift;
    let text = serde_json::to_string(&drift).unwrap();
    assert!(text.contains(r#"{"environment":"ipc2/prod","finding":{"is":"may_override","hotfixes":[{"hotfix":"1+ipc2.1""#), "{text}");
    assert!(
        text.contains(r#"{"environment":"ipc1/prod","finding":{"is":"no_baseline"}}"#),
        "{text}"
    );
    assert!(
        text.contains(r#"{"environment":"ipc2/sl","finding":{"is":"no_interim_hotfix"}}"#),
        "{text}"
    );
    assert_eq!(
        snapshot
            .state
            .pin(&ruleset(), &environment("ipc2/prod"))
            .unwrap()
            .version,
        version("1+ipc2.1")
    );
}

#[tokio::test]
async fn nobody_approves_before_every_hotfix_rule_is_answered() {
    let (world, review) = at_the_gate().await;
    let head = world.app.snapshot().state.own_ledger().head;
    let refused = refusal(world.approve("rita", &review).await.unwrap_err());
    let unanswered = |sent_back| Refusal::Unanswered {
        count: 1,
        sent_back,
    };
    assert_eq!(refused, unanswered(0));
    assert_eq!(
        world.app.snapshot().state.own_ledger().head,
        head,
        "a refusal writes nothing"
    );
    answer(
        &world,
        "rita",
        &review,
        Answer::SentBack {
            reason: "put it in".into(),
        },
    )
    .await
    .unwrap();
    assert_eq!(
        refusal(world.approve("rita", &review).await.unwrap_err()),
        unanswered(1)
    );
    answer(&world, "rita", &review, loss()).await.unwrap();
    world.approve("rita", &review).await.unwrap();
    let done = world.execute_review("ana", &review).await.unwrap();
    let kinds: Vec<&str> = done.entries.iter().map(|e| e.fact.event.kind()).collect();
    assert_eq!(kinds, ["version.activated", "hotfix.discarded"]);
    assert!(
        world
            .app
            .snapshot()
            .state
            .open_hotfixes(&ruleset(), &environment("ipc2/prod"))
            .is_empty()
    );
}

#[tokio::test]
async fn a_hotfix_checked_by_hand_is_absorbed_and_one_contained_by_verdict_needs_no_answer() {
    let (world, review) = at_the_gate().await;
    answer(
        &world,
        "ana",
        &review,
        Answer::ContainedByHand {
            reason: "same effect".into(),
        },
    )
    .await
    .unwrap();
    world.approve("rita", &review).await.unwrap();
    let done = world.execute_review("ana", &review).await.unwrap();
    assert_eq!(done.entries[1].fact.event.kind(), "hotfix.absorbed");

    let world = World::new().await;
    world.live("1", ONE).await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    world
        .release("2", &[("a.conf", "one fixed\n"), ("b.conf", "two more\n")])
        .await;
    let sl = world.ask("2", &["ipc2/sl"]).await;
    world.execute_review("lucy", &sl).await.unwrap();
    world.validate("2", true).await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    let refused = refusal(answer(&world, "rita", &review, loss()).await.unwrap_err());
    // There the hotfix's own name differs from what the helper asks about only if it was never made.
    assert_eq!(
        refused,
        Refusal::AnswerNotNeeded {
            path: "a.conf".into()
        }
    );
    world.approve("rita", &review).await.unwrap();
    let done = world.execute_review("ana", &review).await.unwrap();
    assert!(
        matches!(&done.entries[1].fact.event, Event::HotfixAbsorbed(b) if b.by == version("2"))
    );
}

#[tokio::test]
async fn four_eyes_bind_everybody() {
    let (world, review) = at_the_gate().await;
    answer(&world, "rita", &review, loss()).await.unwrap();
    let asked = refusal(world.approve("lucy", &review).await.unwrap_err());
    assert_eq!(asked.code(), "four_eyes", "lucy asked for it");
    for name in ["adam", "theo", "mara", "omar", "otto", "pipeline", "pods"] {
        let refused = refusal(world.approve(name, &review).await.unwrap_err());
        assert_eq!(refused.code(), "not_allowed", "{name}");
    }
    let blocked = refusal(world.execute_review("ana", &review).await.unwrap_err());
    assert!(
        matches!(&blocked, Refusal::GateBlocked { checks } if checks.len() == 1 && checks[0].kind == CheckKind::Approvals)
    );
    world.approve("ana", &review).await.unwrap();
    world.execute_review("ana", &review).await.unwrap();
}

#[tokio::test]
async fn the_author_of_a_hotfix_does_not_approve_it_and_a_large_one_needs_two() {
    let world = World::new().await;
    let many: Vec<(String, String)> = (0..8)
        .map(|n| (format!("r{n}.conf"), format!("rule {n}\n")))
        .collect();
    let texts: Vec<(&str, &str)> = many.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    world.live("1", &texts).await;
    let changed: Vec<(&str, &str)> = texts.iter().map(|(path, _)| (*path, "fixed\n")).collect();
    let review = world.propose_hotfix(&changed).await.unwrap();
    world.approve("rita", &review).await.unwrap();
    assert_eq!(
        refusal(world.approve("rita", &review).await.unwrap_err()),
        Refusal::AlreadyApproved
    );
    let blocked = refusal(world.execute_review("ana", &review).await.unwrap_err());
    assert!(
        matches!(&blocked, Refusal::GateBlocked { checks } if checks[0].evidence == "1 of 2"),
        "{blocked:?}"
    );
    world.approve("tom", &review).await.unwrap();
    world.execute_review("ana", &review).await.unwrap();
    let pin = world
        .app
        .snapshot()
        .state
        .pin(&ruleset(), &environment("ipc2/prod"))
        .unwrap()
        .clone();
    assert_eq!(pin.version, version("1+ipc2.1"));
}

#[tokio::test]
async fn an_approval_goes_stale_when_what_was_shown_changes_and_says_why() {
    let (world, review) = at_the_gate().await;
    answer(&world, "rita", &review, loss()).await.unwrap();
    let old = world.fingerprint(&review).await;
    world.approve("rita", &review).await.unwrap();
    world.hotfix(&[("b.conf", "two fixed\n")]).await;
    let snapshot = world.app.snapshot();
    let gate = world
        .app
        .gate(&snapshot.state, snapshot.state.review(&review).unwrap())
        .await
        .unwrap();
    assert!(gate.counted.is_empty());
    let (approval, changes) = &gate.stale[0];
    assert_eq!(approval.by, world.id("rita"));
    let words: Vec<String> = changes.iter().map(ShownChange::words).collect();
    assert_eq!(
        words,
        [
            "the pin of ipc2/prod moved from 1+ipc2.1 to 1+ipc2.2",
            "hotfix 1+ipc2.2 became open in ipc2/prod"
        ]
    );
    let command = command::Execute {
        review: review.clone(),
        fingerprint: old,
        break_glass: None,
        evidence: vec![],
    }
    .into();
    let refused = refusal(world.act("ana", command).await.unwrap_err());
    assert!(
        matches!(&refused, Refusal::Stale { changes } if changes.len() == 2),
        "{refused:?}"
    );
    let command = command::Execute {
        review,
        fingerprint: old,
        break_glass: Some("now!".into()),
        evidence: vec![],
    }
    .into();
    assert_eq!(
        refusal(world.act("ana", command).await.unwrap_err()),
        Refusal::FingerprintNeverPasses
    );
}

#[tokio::test]
async fn breaking_the_glass_passes_a_check_and_stays_red_until_two_others_looked() {
    let (world, review) = at_the_gate().await;
    let fingerprint = world.fingerprint(&review).await;
    let glass = |reason: &str| {
        command::Execute {
            review: review.clone(),
            fingerprint,
            break_glass: Some(reason.into()),
            evidence: vec![],
        }
        .into()
    };
    assert_eq!(
        refusal(world.act("rita", glass("x")).await.unwrap_err()).code(),
        "not_allowed"
    );
    assert_eq!(
        refusal(world.act("ana", glass("  ")).await.unwrap_err()).code(),
        "missing"
    );
    let done = world.act("ana", glass("production is down")).await.unwrap();
    let kinds: Vec<&str> = done.entries.iter().map(|e| e.fact.event.kind()).collect();
    assert_eq!(kinds, ["review.glass_broken", "version.activated"]);
    let open = world
        .app
        .snapshot()
        .state
        .open_hotfixes(&ruleset(), &environment("ipc2/prod"))
        .len();
    assert_eq!(open, 1, "an unanswered hotfix stays open as debt");
    let look = || {
        command::ReviewGlass {
            review: review.clone(),
            note: "seen".into(),
        }
        .into()
    };
    assert_eq!(
        refusal(world.act("ana", look()).await.unwrap_err()),
        Refusal::AlreadyLooked
    );
    for (name, still_open) in [("rita", true), ("otto", false)] {
        world.act(name, look()).await.unwrap();
        let snapshot = world.app.snapshot();
        let glass = snapshot
            .state
            .review(&review)
            .unwrap()
            .glass
            .clone()
            .unwrap();
        assert_eq!(glass.is_open(), still_open);
    }
}

#[tokio::test]
async fn freeze_hold_and_recall_close_the_gate_even_to_glass() {
    let (world, review) = at_the_gate().await;
    answer(&world, "rita", &review, loss()).await.unwrap();
    world.approve("rita", &review).await.unwrap();
    let until = Timestamp(world.app.clock.now().0 + Timestamp::DAY_US);
    let command = command::SetFreeze {
        ruleset: None,
        lane: None,
        until,
        reason: "quarter end".into(),
    }
    .into();
    let freeze = world.act("omar", command).await.unwrap().entry().unwrap();
    let blocked = refusal(world.execute_review("ana", &review).await.unwrap_err());
    assert!(
        matches!(&blocked, Refusal::GateBlocked { checks } if checks[0].kind == CheckKind::NoFreezeOrHold)
    );
    world
        .act(
            "omar",
            command::LiftFreeze {
                freeze,
                reason: "over".into(),
            }
            .into(),
        )
        .await
        .unwrap();
    let command = command::PlaceHold {
        ruleset: None,
        lane: None,
        reason: "wait for the post-mortem".into(),
    }
    .into();
    let hold = world.act("ana", command).await.unwrap().entry().unwrap();
    assert_eq!(
        refusal(world.execute_review("ana", &review).await.unwrap_err()).code(),
        "gate_blocked"
    );
    world
        .act(
            "ana",
            command::LiftHold {
                hold,
                reason: "done".into(),
            }
            .into(),
        )
        .await
        .unwrap();

    let (ruleset, reason) = (ruleset(), "it drops every request".to_owned());
    let command = command::OpenRecall {
        ruleset: ruleset.clone(),
        version: version("2"),
        reason,
    }
    .into();
    let recall = crate::harness::world::opened(&world.act("lucy", command).await.unwrap());
    world.approve("rita", &recall).await.unwrap();
    world.execute_review("ana", &recall).await.unwrap();
    let fingerprint = world.fingerprint(&review).await;
    let command = command::Execute {
        review,
        fingerprint,
        break_glass: Some("please".into()),
        evidence: vec![],
    }
    .into();
    let blocked = refusal(world.act("ana", command).await.unwrap_err());
    assert!(
        matches!(&blocked, Refusal::GateBlocked { checks } if checks[0].kind == CheckKind::NotRecalled)
    );
}

#[tokio::test]
async fn a_policy_nobody_could_satisfy_is_refused_and_a_good_one_goes_through_a_review() {
    let world = World::new().await;
    let now = world.app.snapshot().state.policy();
    let ask = |approvals: u32| {
        command::OpenPolicy {
            policy: rulegate_ledger::policy::Policy {
                production_approvals: approvals,
                ..now.clone()
            },
            reason: "more eyes".into(),
        }
        .into()
    };
    assert_eq!(
        refusal(world.act("adam", ask(4)).await.unwrap_err()).code(),
        "policy_refused"
    );
    assert_eq!(
        refusal(world.act("ana", ask(2)).await.unwrap_err()).code(),
        "not_allowed"
    );
    let review = crate::harness::world::opened(&world.act("adam", ask(2)).await.unwrap());
    assert_eq!(
        refusal(world.execute_review("adam", &review).await.unwrap_err()).code(),
        "gate_blocked"
    );
    world.approve("rita", &review).await.unwrap();
    world.execute_review("adam", &review).await.unwrap();
    assert_eq!(world.app.snapshot().state.policy().production_approvals, 2);
}
