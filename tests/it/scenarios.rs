//! The scenario book: stories in plain sentences, played through the one door and read on real pages, in memory,
//! on two SQLite files and on two PostgreSQL clusters, with links that are really cut and sites that really stop.

mod acts;
mod book;
mod checks;
pub mod forms;
mod pages;
pub mod stage;

use book::Scenario;
use stage::{Ground, Stage};

use crate::harness::postgres::{Cluster, switched_off};

/// Plays a scenario. Errors name the line.
async fn play(scenario: &Scenario, ground: &Ground<'_>) -> Result<(), String> {
    let mut stage = Stage::new(ground).await;
    for step in scenario.parts.iter().flat_map(|part| &part.steps) {
        let outcome = match acts::is_act(&step.text) {
            true => acts::perform(&mut stage, &step.text).await,
            false => checks::perform(&mut stage, &step.text).await,
        };
        outcome.map_err(|why| told(scenario, step, &why))?;
    }
    stage.end().await;
    Ok(())
}

fn told(scenario: &Scenario, step: &book::Step, why: &str) -> String {
    format!(
        "{}.txt, line {}: {}\n    {why}",
        scenario.name, step.line, step.text
    )
}

/// Sentences that nobody taught the runner, with their lines.
fn unknown(scenario: &Scenario) -> Vec<String> {
    scenario
        .parts
        .iter()
        .flat_map(|part| &part.steps)
        .filter(|step| !acts::is_act(&step.text) && !checks::is_check(&step.text))
        .map(|step| told(scenario, step, "no such sentence"))
        .collect()
}

/// Plays the whole book; `RULEGATE_SCENARIO` narrows it to names with these letters in them.
async fn play_all(ground: &Ground<'_>) {
    let wanted = std::env::var("RULEGATE_SCENARIO").unwrap_or_default();
    let mut wrong = Vec::new();
    for scenario in book::all().iter().filter(|s| s.name.contains(&wanted)) {
        if let Err(why) = play(scenario, ground).await {
            wrong.push(why);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_sentence_is_known() {
    let wrong: Vec<String> = book::all().iter().flat_map(unknown).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let text = "# T\n> q\n## Story\n- ipc2 stops.\n- ipc2 dances.\n";
    let strange = book::parse("strange", text).unwrap();
    assert_eq!(
        unknown(&strange),
        ["strange.txt, line 5: ipc2 dances\n    no such sentence"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_sentence_fails_with_its_line() {
    let text = "# T\n> q\n## Story\n- ipc2 stops.\n- ipc1 stops.\n- ipc2/prod runs 1.\n";
    let wrong = book::parse("wrong", text).unwrap();
    let told = play(&wrong, &Ground::Memory).await.unwrap_err();
    assert!(
        told.starts_with("wrong.txt, line 6: ipc2/prod runs 1"),
        "{told}"
    );
    let text = "# T\n> q\n## Story\n- Theo holds ipc2/prod: quarter end.\n";
    let wrong = book::parse("wrong", text).unwrap();
    let told = play(&wrong, &Ground::Memory).await.unwrap_err();
    assert!(told.contains("refused as not_allowed"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_plays_in_memory() {
    play_all(&Ground::Memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_plays_on_two_sqlite_files() {
    play_all(&Ground::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_plays_on_two_postgresql_clusters() {
    if !switched_off() {
        play_all(&Ground::Postgres(&[Cluster::start(), Cluster::start()])).await;
    }
}
