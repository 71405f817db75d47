use axum::http::StatusCode;

use crate::harness::world::World;

#[tokio::test]
async fn nobody_sees_a_page_before_signing_in() {
    let world = World::new().await;
    let answer = world.get("rulegate=nonsense", "/").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/sign-in?next=%2F");
    let cookie = world.sign_in("ana").await;
    let answer = world.get(&cookie, "/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.select("h1"), ["What runs where"]);
}

#[tokio::test]
async fn the_main_story_runs_in_memory() {
    let world = World::new().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.conf", "two\n")])
        .await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    world
        .release("2", &[("a.conf", "one\n"), ("b.conf", "two more\n")])
        .await;
    let sl = world.ask("2", &["ipc2/sl"]).await;
    world.execute_review("lucy", &sl).await.unwrap();
    world.validate("2", true).await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    let refused = world.approve("rita", &review).await.unwrap_err();
    assert_eq!(refused.outcome().code, "hotfixes_unanswered");
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_a_designed_page() {
    let world = World::new().await;
    let cookie = world.sign_in("ana").await;
    for address in ["/reviews?page=x", "/nowhere", "/ledger/ipc2/zero"] {
        let answer = world.get(&cookie, address).await;
        assert!(
            answer.status.is_client_error(),
            "{address}: {}",
            answer.status
        );
        assert_eq!(
            answer.select("main h1").len(),
            1,
            "{address}: {}",
            answer.text
        );
    }
}
