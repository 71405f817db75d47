//! Every address tried as everybody: no token, each role's, and tokens that are no longer good.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rulegate_domain::command;
use rulegate_ledger::access::{Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::Timestamp;
use serde_json::json;

use super::{at, every_operation, filled};
use crate::harness::golden;
use crate::harness::world::{PEOPLE, World, environment, rules, ruleset, tar_of};

/// A rule set with a version in production, an open hotfix, a review, an observation.
pub async fn world_with_everything() -> World {
    let world = World::new().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.conf", "two\n")])
        .await;
    world.hotfix(&[("b.conf", "fixed\n")]).await;
    world
        .release("2", &[("a.conf", "one\n"), ("b.conf", "three\n")])
        .await;
    world.ask("2", &["ipc2/sl"]).await;
    world
}

/// The same, with things of every kind that an address can name.
struct Place {
    world: World,
    review: String,
    pin: String,
    /// The last part of an address's folder, with the number of the entry that it names.
    entries: Vec<(&'static str, u64)>,
    later: String,
}

impl Place {
    async fn new() -> Place {
        let world = world_with_everything().await;
        let state = world.app.snapshot().state.clone();
        let review = state.reviews()[0].id.to_string();
        let pin = state
            .pin(&ruleset(), &environment("ipc2/prod"))
            .unwrap()
            .checksum;
        let lane = Some(environment("ipc2/sl").lane);
        let later = Timestamp(world.app.clock.now().0 + 10 * Timestamp::DAY_US);
        let reason = || "because".to_owned();
        let seen = rules(&[("a.conf", "odd\n"), ("b.conf", "fixed\n")]);
        world.app.keep(&seen).await.unwrap();
        let held = world.app.manifest(&pin).await.unwrap();
        let mut entries = Vec::new();
        for (name, who, command) in [
            (
                "holds",
                "omar",
                command::PlaceHold {
                    ruleset: Some(ruleset()),
                    lane: lane.clone(),
                    reason: reason(),
                }
                .into(),
            ),
            (
                "freezes",
                "omar",
                command::SetFreeze {
                    ruleset: Some(ruleset()),
                    lane,
                    until: later,
                    reason: reason(),
                }
                .into(),
            ),
            (
                "observations",
                "omar",
                command::RecordObservation {
                    ruleset: ruleset(),
                    environment: environment("ipc2/prod"),
                    checksum: seen.manifest.checksum(),
                    pin,
                    changes: held.differences(&seen.manifest),
                }
                .into(),
            ),
        ] {
            let done = world.act(who, command).await.unwrap();
            entries.push((name, done.entry().unwrap().seq));
        }
        world.signed().await;
        Place {
            world,
            review,
            pin: pin.to_hex(),
            entries,
            later: later.to_rfc3339(),
        }
    }
}

impl Place {
    /// A body that the address can read, so that a refusal is about the right and not about the body.
    fn body(&self, method: &Method, path: &str) -> (Option<&'static str>, Vec<u8>) {
        if *method == Method::GET {
            return (None, Vec::new());
        }
        let later = &self.later;
        let value = match path.rsplit('/').next().unwrap() {
            "releases" | "checks" | "observations" => {
                return (Some("application/x-tar"), tar_of(&[("a.conf", b"one\n")]));
            }
            "activations" => json!({"version": "2", "targets": ["ipc2/sl"], "reason": "x"}),
            "comments" => json!({"text": "x"}),
            "changes" => json!({"reason": "x", "policy": {
                "production_approvals": 1, "soft_launch_approvals": 1, "hotfix_approvals": 1,
                "hotfix_over_cap_approvals": 2, "recall_approvals": 1, "policy_approvals": 1,
                "hotfix_rules_max": 5, "hotfix_lines_max": 60, "hotfix_paths": ["**"], "hotfix_days_max": 90}}),
            "hotfixes" => json!({"on_top_of": self.pin, "rules": {"a.conf": "x\n"}, "reason": "x",
                "incident": "INC-1", "ends_at": later}),
            "dismiss" => json!({"reason": "x", "ends_at": later}),
            "adopt" => json!({"reason": "x", "incident": "INC-1", "ends_at": later}),
            "freezes" => json!({"until": later, "reason": "x"}),
            "live" => json!({"site": "ipc1", "reason": "x"}),
            _ => json!({"reason": "x"}),
        };
        (Some("application/json"), value.to_string().into_bytes())
    }

    /// The address of something that exists, with the parameters it needs.
    fn address(&self, path: &str) -> String {
        let mut named = path
            .replace("{review}", &self.review)
            .replace("{checksum}", &self.pin);
        named = named.replace("{digest}", &Digest::of(b"one\n").to_hex());
        named = named.replace("hotfixes/{ruleset}/{version}", "hotfixes/crs/1+ipc2.1");
        for (folder, seq) in &self.entries {
            named = named.replace(
                &format!("{folder}/{{site}}/{{seq}}"),
                &format!("{folder}/ipc2/{seq}"),
            );
        }
        let filled = filled(&named);
        match path.rsplit('/').next().unwrap() {
            "releases" => format!("{filled}?version=9"),
            "checks" => format!("{filled}?environment=ipc2/prod"),
            "comparisons" => format!("{filled}?from=1&to=2"),
            "rule" => format!("{filled}?from=1&to=2&path=b.conf"),
            "observations" if path.contains("rulesets") => {
                format!("{filled}?environment=ipc2/prod")
            }
            "consistency" => format!("{filled}?from=1&to=2"),
            "sealed" => format!("{filled}?site=ipc1&key=00&signature=00"),
            "inclusion" => format!("{filled}?entry=1&size=2"),
            _ => filled,
        }
    }
}

async fn status(place: &Place, method: &Method, path: &str, token: Option<&str>) -> StatusCode {
    let (kind, bytes) = place.body(method, path);
    let mut request = Request::builder().method(method).uri(place.address(path));
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if let Some(kind) = kind {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let answer = place
        .world
        .send(request.body(Body::from(bytes)).unwrap())
        .await;
    if answer.status.is_client_error() || answer.status.is_server_error() {
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{method} {path}"
        );
        assert_eq!(
            answer.json()["status"],
            answer.status.as_u16(),
            "{method} {path}"
        );
    }
    answer.status
}

/// One token a role, and the ones that are good for nothing.
async fn tokens(world: &World) -> Vec<(String, Option<String>)> {
    let mut tokens = vec![("none".to_owned(), None)];
    for role in Role::ALL {
        let (name, _) = PEOPLE.iter().find(|(_, r)| *r == role).unwrap();
        let scope = match role {
            Role::Pod => at("ipc2/prod"),
            _ => Scope::EVERYWHERE,
        };
        tokens.push((role.name().to_owned(), Some(world.token(name, scope).await)));
    }
    let other_ruleset = Scope::ruleset(&"other".parse().unwrap());
    for name in ["pipeline", "ana"] {
        let secret = world.token(name, other_ruleset.clone()).await;
        tokens.push((format!("{name} elsewhere"), Some(secret)));
    }
    tokens.push(("unknown".into(), Some("rgt_nobody".into())));
    tokens
}

#[tokio::test]
async fn every_address_answers_every_token_as_the_table_says() {
    let mut seen: BTreeMap<String, Vec<(String, u16)>> = BTreeMap::new();
    // A world of its own for each token: what one may write must not change what the next one meets.
    let names: Vec<String> = {
        let world = World::new().await;
        tokens(&world)
            .await
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    for (index, name) in names.iter().enumerate() {
        let place = Place::new().await;
        let (_, token) = tokens(&place.world).await.swap_remove(index);
        for (method, path) in every_operation() {
            let status = status(&place, &method, &path, token.as_deref()).await;
            let row = seen.entry(format!("{path} {method}")).or_default();
            row.push((name.clone(), status.as_u16()));
        }
    }
    let mut table = String::new();
    for (operation, row) in &seen {
        writeln!(table, "{operation}").unwrap();
        let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for (name, status) in row {
            by_status.entry(*status).or_default().push(name);
        }
        for (status, names) in by_status {
            writeln!(table, "  {status} {}", names.join(", ")).unwrap();
        }
    }
    golden::check("tests/it/api/routes.golden", &table);
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_opens_nothing() {
    let place = Place::new().await;
    let world = &place.world;
    let revoked = world.token("ana", Scope::EVERYWHERE).await;
    let hash = Digest::of(revoked.as_bytes());
    let id = world.portal.auth.directory.token(&hash).unwrap().id.clone();
    world.portal.auth.revoke_token(&id).await.unwrap();
    let expired = world.token("ana", Scope::EVERYWHERE).await;
    let open = ["/api/v1", "/api/v1/openapi.json"];
    for (method, path) in every_operation() {
        if open.contains(&path.as_str()) {
            continue;
        }
        let (_, bytes) = place.body(&method, &path);
        let refused = world
            .api(method.clone(), &revoked, &place.address(&path), bytes)
            .await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(refused.json()["code"], "token_revoked");
        assert!(refused.header("www-authenticate").starts_with("Bearer"));
    }
    world.app.clock.set_offset_us(2 * Timestamp::DAY_US);
    for (method, path) in every_operation() {
        if open.contains(&path.as_str()) {
            continue;
        }
        let (_, bytes) = place.body(&method, &path);
        let refused = world
            .api(method.clone(), &expired, &place.address(&path), bytes)
            .await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(refused.json()["code"], "token_expired");
    }
}
