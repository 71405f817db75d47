//! What breaks is told like everything else.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use rulegate::web::user::User;
use tower::ServiceExt as _;

use crate::harness::world::World;

async fn breaks(user: User) -> String {
    panic!("the secret of {}", user.person.account.name)
}

#[tokio::test]
async fn a_page_that_panics_is_a_designed_error() {
    let world = World::new().await;
    let pages = Router::new().route("/breaks", get(breaks));
    let router = rulegate::web::served(pages, world.portal.clone());
    let cookie = world.sign_in("rita").await;
    let request = Request::get("/breaks")
        .header(header::COOKIE, cookie)
        .header(header::HOST, "portal.test")
        .body(Body::empty())
        .unwrap();
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        answer
            .headers()
            .contains_key(header::CONTENT_SECURITY_POLICY)
    );
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX)
        .await
        .unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("Something broke") && text.contains("If you ask for help, quote"));
    assert!(text.contains("Sign out"), "the navigation stays");
    assert!(!text.contains("the secret of"), "what broke stays inside");
}
