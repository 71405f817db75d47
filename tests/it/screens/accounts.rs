use axum::http::StatusCode;
use rulegate::auth::token::TokenError;
use rulegate_ledger::access::{Act, Role};

use crate::harness::world::{PASSWORD, World};

const NEW: &str = "a few fine words";

#[tokio::test]
async fn admins_manage_auditors_look_others_stay_out() {
    let world = World::new().await;
    let page = world.get(&world.sign_in("adam").await, "/accounts").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.select("form[action='/accounts']").len(), 1);
    let cookie = world.sign_in("otto").await;
    let page = world.get(&cookie, "/accounts").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.select(".held button[disabled]"), ["Make an account"]);
    assert!(page.select(".held p")[0].contains("adam can"));
    assert!(page.select("form[action='/accounts']").is_empty());
    for name in ["theo", "rita", "omar", "mara"] {
        let cookie = world.sign_in(name).await;
        for address in ["/accounts", "/accounts/ana"] {
            let answer = world.get(&cookie, address).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} {address}");
        }
    }
    let fields = [("name", "eve"), ("kind", "person"), ("password", NEW)];
    for (address, fields) in [
        ("/accounts", &fields[..]),
        ("/accounts/ana/rights", &[("role", "admin")][..]),
        ("/accounts/ana/password", &[("password", NEW)][..]),
        ("/accounts/ana/state", &[("closed", "true")][..]),
        (
            "/accounts/pods/tokens",
            &[("name", "x"), ("role", "pod"), ("days", "1")][..],
        ),
        ("/accounts/pods/tokens/end", &[("id", "x")][..]),
    ] {
        let answer = world.post(&cookie, address, fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "otto {address}");
    }
    assert!(world.portal.auth.directory.by_name("eve").is_none());
}

#[tokio::test]
async fn a_new_person_signs_in_with_rights_given() {
    let world = World::new().await;
    let adam = world.sign_in("adam").await;
    let fields = [
        ("form", "account"),
        ("name", "Eve"),
        ("display_name", "<b>Eve</b> \u{202e}Lind"),
        ("kind", "person"),
        ("password", NEW),
    ];
    let made = world.post(&adam, "/accounts", &fields).await;
    assert_eq!(made.header("location"), "/accounts/eve?done=account-made");
    let again = world.post(&adam, "/accounts", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.attribute("#f-account-name", "value"), ["Eve"]);
    assert!(!again.text.contains(NEW));
    let page = world.get(&adam, "/accounts/eve").await;
    assert!(!page.text.contains("<b>Eve"));
    assert!(!page.text.contains('\u{202e}'));

    let right = [("role", "reviewer"), ("site", "ipc2"), ("once", "one")];
    let given = world.post(&adam, "/accounts/eve/rights", &right).await;
    assert_eq!(given.header("location"), "/accounts/eve?done=granted");
    let twice = world.post(&adam, "/accounts/eve/rights", &right).await;
    assert_eq!(twice.header("location"), "/accounts/eve?done=granted");
    let eve = world.portal.auth.directory.by_name("eve").unwrap();
    let grants = world.app.snapshot().state.grants_of(&eve.id);
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].role, Role::Reviewer);
    world
        .post(&adam, "/accounts/eve/rights", &[("role", "author")])
        .await;
    let page = world.get(&adam, "/accounts/eve").await;
    assert_eq!(page.select(".notice.warn").len(), 1, "writes and judges");
    let service = world
        .post(&adam, "/accounts/eve/rights", &[("role", "pod")])
        .await;
    assert_eq!(service.status, StatusCode::UNPROCESSABLE_ENTITY);

    let (_, secret) = world
        .portal
        .auth
        .sign_in("eve", NEW, "", "")
        .await
        .ok()
        .unwrap();
    let cookie = format!("rulegate={secret}");
    assert_eq!(world.get(&cookie, "/me").await.status, StatusCode::OK);
    let ending = [
        ("role", "reviewer"),
        ("site", "ipc2"),
        ("reason", "left the team"),
    ];
    let ended = world.post(&adam, "/accounts/eve/rights/end", &ending).await;
    assert_eq!(ended.header("location"), "/accounts/eve?done=revoked");
    let everywhere = rulegate_ledger::access::Scope::EVERYWHERE;
    let actor = rulegate_ledger::access::Actor::person(&eve.id);
    assert!(
        !world
            .app
            .snapshot()
            .state
            .may(&actor, Act::Approve, &everywhere)
    );
}

#[tokio::test]
async fn names_and_passwords_are_checked() {
    let world = World::new().await;
    let adam = world.sign_in("adam").await;
    for (name, password) in [
        ("", NEW),
        ("two words", NEW),
        ("ünder", NEW),
        ("ana", NEW),
        ("fine", "short"),
        ("fine", "fine fine fine"),
    ] {
        let fields = [
            ("form", "account"),
            ("name", name),
            ("kind", "person"),
            ("password", password),
        ];
        let answer = world.post(&adam, "/accounts", &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name} {password}"
        );
        assert_eq!(answer.select("#refused").len(), 1);
        assert_eq!(answer.select("form .error").len(), 1, "{name} {password}");
    }
    assert!(world.portal.auth.directory.by_name("fine").is_none());
}

#[tokio::test]
async fn closing_an_account_ends_its_sign_ins_and_tokens_at_once() {
    let world = World::new().await;
    let adam = world.sign_in("adam").await;
    let theo = world.sign_in("theo").await;
    assert_eq!(world.get(&theo, "/me").await.status, StatusCode::OK);
    let closed = world
        .post(&adam, "/accounts/theo/state", &[("closed", "true")])
        .await;
    assert_eq!(
        closed.header("location"),
        "/accounts/theo?done=account-closed"
    );
    assert_eq!(world.get(&theo, "/me").await.status, StatusCode::SEE_OTHER);
    let refused = world.portal.auth.sign_in("theo", PASSWORD, "", "").await;
    assert!(refused.is_err());
    world
        .post(&adam, "/accounts/theo/state", &[("closed", "false")])
        .await;
    assert!(
        world
            .portal
            .auth
            .sign_in("theo", PASSWORD, "", "")
            .await
            .is_ok()
    );

    let secret = world.token("pipeline", Default::default()).await;
    assert!(world.portal.auth.bearer(&secret).is_ok());
    world
        .post(&adam, "/accounts/pipeline/state", &[("closed", "true")])
        .await;
    assert_eq!(
        world.portal.auth.bearer(&secret).err(),
        Some(TokenError::Revoked)
    );

    let own = world
        .post(&adam, "/accounts/adam/state", &[("closed", "true")])
        .await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.get(&adam, "/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_is_shown_once() {
    let world = World::new().await;
    let adam = world.sign_in("adam").await;
    let fields = [
        ("name", "prod pods"),
        ("role", "pod"),
        ("site", "ipc2"),
        ("lane", "prod"),
        ("days", "30"),
    ];
    let made = world.post(&adam, "/accounts/pods/tokens", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    assert_eq!(made.header("cache-control"), "no-store");
    let secret = made.select(".secret code").remove(0);
    let bearer = world.portal.auth.bearer(&secret).ok().unwrap();
    assert_eq!(bearer.token.scope.words(), "ipc2/prod");
    let page = world.get(&adam, "/accounts/pods").await;
    assert!(page.text.contains("prod pods"));
    assert!(!page.text.contains(&secret));
    let twice = world.post(&adam, "/accounts/pods/tokens", &fields).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let unbound = [
        ("form", "token"),
        ("name", "x"),
        ("role", "pod"),
        ("days", "30"),
    ];
    let refused = world.post(&adam, "/accounts/pods/tokens", &unbound).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.attribute("#f-token-name", "value"), ["x"]);
    let person = world.post(&adam, "/accounts/ana/tokens", &fields).await;
    assert_eq!(person.status, StatusCode::UNPROCESSABLE_ENTITY);

    let other = [("id", bearer.token.id.as_str())];
    let not_theirs = world
        .post(&adam, "/accounts/pipeline/tokens/end", &other)
        .await;
    assert_eq!(not_theirs.status, StatusCode::NOT_FOUND);
    world.post(&adam, "/accounts/pods/tokens/end", &other).await;
    assert_eq!(
        world.portal.auth.bearer(&secret).err(),
        Some(TokenError::Revoked)
    );
}

#[tokio::test]
async fn a_person_changes_the_own_password_knowing_the_old_one() {
    let world = World::new().await;
    let here = world.sign_in("rita").await;
    let elsewhere = world.sign_in("rita").await;
    let page = world.get(&here, "/me").await;
    assert_eq!(page.select("table tbody tr").len(), 2);
    let wrong = [("old", "something else"), ("password", NEW)];
    let answer = world.post(&here, "/me/password", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let weak = [("old", PASSWORD), ("password", "short")];
    let answer = world.post(&here, "/me/password", &weak).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = [("old", PASSWORD), ("password", NEW)];
    let answer = world.post(&here, "/me/password", &right).await;
    assert_eq!(answer.header("location"), "/me?done=password-set");
    assert_eq!(world.get(&here, "/me").await.status, StatusCode::OK);
    assert_eq!(
        world.get(&elsewhere, "/me").await.status,
        StatusCode::SEE_OTHER
    );
    assert!(
        world
            .portal
            .auth
            .sign_in("rita", PASSWORD, "", "")
            .await
            .is_err()
    );
    let (_, third) = world
        .portal
        .auth
        .sign_in("rita", NEW, "", "")
        .await
        .ok()
        .unwrap();
    let third = format!("rulegate={third}");
    world.post(&here, "/me/sign-ins/end", &[]).await;
    assert_eq!(world.get(&third, "/me").await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get(&here, "/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_table_of_roles_is_the_programs_own() {
    let world = World::new().await;
    let page = world
        .get(&world.sign_in("theo").await, "/accounts/roles")
        .await;
    assert_eq!(page.select("tbody tr").len(), Act::ALL.len());
    let yes = page.select("tbody .ok-text").len();
    let allowed = Act::ALL
        .into_iter()
        .map(|act| rulegate_ledger::access::roles_for(act).len())
        .sum::<usize>();
    assert_eq!(yes, allowed);
}
