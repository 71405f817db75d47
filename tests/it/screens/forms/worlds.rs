//! Where the forms stand: each in a world in which its page offers it.

use std::collections::BTreeMap;

use rulegate_domain::command;
use rulegate_ledger::access::Scope;
use rulegate_ledger::ids::ReviewId;

use crate::harness::world::{World, environment, opened, ruleset};
use crate::scenarios::forms::{hotfixed_at_both, hotfixed_at_ipc1};
use crate::scenarios::stage::Stage;
use crate::screens::drift::observe;

const ONE: &[(&str, &str)] = &[("a.conf", "one\n"), ("b.conf", "two\n")];

/// Which world.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    /// A site with its people and a token.
    Quiet,
    /// 1 is live with a hotfix made past the gate, 2 is asked for without it; two more hotfixes wait in their reviews.
    Reviewed,
    /// 1 is live, somebody changed the store of ipc2/prod; a hold is in force and an activation waits for ipc1.
    Stopped,
    /// ipc1 has a hotfix that ipc2 may bring.
    Offered,
    /// Both sites have a hotfix for one incident.
    Paired,
}

impl Place {
    pub const ALL: [Place; 5] = [
        Place::Quiet,
        Place::Reviewed,
        Place::Stopped,
        Place::Offered,
        Place::Paired,
    ];
}

/// A world with the reviews that pages are named after.
pub struct Given {
    world: Running,
    reviews: BTreeMap<&'static str, ReviewId>,
}

enum Running {
    One(Box<World>),
    Both(Box<Stage<'static>>),
}

impl Given {
    pub async fn new(place: Place) -> Given {
        let mut reviews = BTreeMap::new();
        let world = match place {
            Place::Quiet => {
                let world = World::new().await;
                world.token("pipeline", Scope::EVERYWHERE).await;
                Running::One(Box::new(world))
            }
            Place::Reviewed => {
                let world = World::new().await;
                reviews = reviewed(&world).await;
                Running::One(Box::new(world))
            }
            Place::Stopped => {
                let world = World::new().await;
                stopped(&world).await;
                Running::One(Box::new(world))
            }
            Place::Offered => Running::Both(Box::new(hotfixed_at_ipc1().await)),
            Place::Paired => Running::Both(Box::new(hotfixed_at_both().await)),
        };
        Given { world, reviews }
    }

    pub fn world(&self) -> &World {
        match &self.world {
            Running::One(world) => world,
            Running::Both(stage) => stage.at("ipc2").unwrap(),
        }
    }

    /// An address with the ids of reviews in place of their names.
    pub fn address(&self, page: &str) -> String {
        let mut address = page.to_owned();
        for (name, id) in &self.reviews {
            address = address.replace(&format!("{{{name}}}"), &id.to_string());
        }
        address
    }
}

async fn reviewed(world: &World) -> BTreeMap<&'static str, ReviewId> {
    world.live("1", ONE).await;
    let glass = world
        .propose_hotfix(&[("a.conf", "one fixed\n")])
        .await
        .unwrap();
    let past_the_gate = command::Execute {
        review: glass.clone(),
        fingerprint: world.fingerprint(&glass).await,
        break_glass: Some("production is down".into()),
        evidence: Vec::new(),
    }
    .into();
    world.act("ana", past_the_gate).await.unwrap();
    world
        .release("2", &[("a.conf", "one\n"), ("b.conf", "two more\n")])
        .await;
    let sl = world.ask("2", &["ipc2/sl"]).await;
    world.execute_review("lucy", &sl).await.unwrap();
    world.validate("2", true).await;
    let asked = world.ask("2", &["ipc2/prod"]).await;
    let hotfix = async |text| world.propose_hotfix(&[("b.conf", text)]).await.unwrap();
    let proposed = hotfix("two fixed\n").await;
    let approved = hotfix("two mended\n").await;
    world.approve("rita", &approved).await.unwrap();
    BTreeMap::from([
        ("glass", glass),
        ("asked", asked),
        ("proposed", proposed),
        ("approved", approved),
    ])
}

async fn stopped(world: &World) {
    world.live("1", ONE).await;
    let both = command::OpenActivation {
        ruleset: ruleset(),
        version: "1".parse().unwrap(),
        targets: vec![environment("ipc1/sl")],
        reason: "there too".into(),
    }
    .into();
    let review = opened(&world.act("lucy", both).await.unwrap());
    world.execute_review("lucy", &review).await.unwrap();
    observe(world, &[("a.conf", "one changed\n"), ("b.conf", "two\n")]).await;
    let hold = command::PlaceHold {
        ruleset: Some(ruleset()),
        lane: Some("prod".parse().unwrap()),
        reason: "the store was changed".into(),
    }
    .into();
    world.act("omar", hold).await.unwrap();
}
