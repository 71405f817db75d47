use std::collections::BTreeMap;
use std::sync::Arc;

use rulegate::store::Store;
use rulegate_domain::command::{self, Command};

use crate::harness::postgres;
use crate::harness::world::{World, environment, ruleset, version};

/// 64 people carry the same review out at once, and 64 reviews of the same pin at once.
async fn only_one_wins(store: Store) {
    let world = Arc::new(World::on(store).await);
    world.live("1", &[("a", "1\n")]).await;
    world.release("2", &[("a", "2\n")]).await;
    let review = world.ask("2", &["ipc2/sl"]).await;
    let fingerprint = world.fingerprint(&review).await;
    let execute = |review| {
        command::Execute {
            review,
            fingerprint,
            break_glass: None,
            evidence: vec![],
        }
        .into()
    };
    let outcomes = all_at_once(&world, (0..64).map(|_| execute(review.clone())).collect()).await;
    assert_eq!(
        outcomes,
        BTreeMap::from([("done", 1), ("review_closed", 63)])
    );

    world.release("3", &[("a", "3\n")]).await;
    let mut reviews = Vec::new();
    for _ in 0..64 {
        reviews.push(world.ask("3", &["ipc2/sl"]).await);
    }
    let fingerprint = world.fingerprint(&reviews[0]).await;
    let execute = |review| {
        command::Execute {
            review,
            fingerprint,
            break_glass: None,
            evidence: vec![],
        }
        .into()
    };
    let outcomes = all_at_once(&world, reviews.into_iter().map(execute).collect()).await;
    assert_eq!(outcomes, BTreeMap::from([("done", 1), ("stale", 63)]));
    let pin = world
        .app
        .snapshot()
        .state
        .pin(&ruleset(), &environment("ipc2/sl"))
        .unwrap()
        .clone();
    assert_eq!(pin.version, version("3"));
    let track = world
        .app
        .snapshot()
        .state
        .track(&ruleset(), &environment("ipc2/sl"))
        .unwrap()
        .clone();
    assert_eq!(track.history.len(), 3);
}

async fn all_at_once(world: &Arc<World>, commands: Vec<Command>) -> BTreeMap<&'static str, usize> {
    let mut tasks = Vec::new();
    for command in commands {
        let world = world.clone();
        tasks.push(tokio::spawn(async move {
            world
                .act("lucy", command)
                .await
                .map_or_else(|error| error.outcome().code, |_| "done")
        }));
    }
    let mut outcomes = BTreeMap::new();
    for task in tasks {
        *outcomes.entry(task.await.unwrap()).or_insert(0) += 1;
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_64_wins_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    only_one_wins(
        Store::open(&format!("sqlite:{}", dir.path().join("r.db").display()))
            .await
            .unwrap(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_64_wins_on_postgres() {
    let Some(cluster) = postgres::shared() else {
        return;
    };
    let url = cluster.database().await;
    only_one_wins(Store::open(&url).await.unwrap()).await;
}

/// Two processes at one database: the loser catches up and decides again.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_never_both_win_on_postgres() {
    let Some(cluster) = postgres::shared() else {
        return;
    };
    let url = cluster.database().await;
    let one = Arc::new(World::on(Store::open(&url).await.unwrap()).await);
    one.live("1", &[("a", "1\n")]).await;
    one.release("2", &[("a", "2\n")]).await;
    let review = one.ask("2", &["ipc2/sl"]).await;
    let other = Arc::new(World::on(Store::open(&url).await.unwrap()).await);
    let fingerprint = one.fingerprint(&review).await;
    let execute = || {
        command::Execute {
            review: review.clone(),
            fingerprint,
            break_glass: None,
            evidence: vec![],
        }
        .into()
    };
    let (here, there) = tokio::join!(
        all_at_once(&one, (0..32).map(|_| execute()).collect()),
        all_at_once(&other, (0..32).map(|_| execute()).collect()),
    );
    let done = |outcomes: &BTreeMap<&str, usize>| outcomes.get("done").copied().unwrap_or(0);
    assert_eq!(done(&here) + done(&there), 1, "{here:?} {there:?}");
}
