//! Where a scenario is played: two sites with people, joined by readers, on one of three kinds of storage.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rulegate::app::source::InProcess;
use rulegate::app::{reader, recovery};
use rulegate::store::Store;
use rulegate_ledger::access::Scope;
use rulegate_ledger::checkpoint::VerifierKey;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::ledger::Head;

use crate::harness::postgres::Cluster;
use crate::harness::world::{Answer, PEOPLE, World};

/// What the sites' data lies on.
pub enum Ground<'a> {
    Memory,
    Sqlite,
    /// A cluster a site.
    Postgres(&'a [Cluster; 2]),
}

/// How long a check may take to come true: the other site follows by itself.
pub const PATIENCE: Duration = Duration::from_secs(40);
const SITES: [&str; 2] = ["ipc2", "ipc1"];

enum Disk<'a> {
    Memory(Store),
    Sqlite(PathBuf),
    Postgres(String, &'a Cluster),
}

impl Disk<'_> {
    async fn open(&self) -> Store {
        match self {
            Disk::Memory(store) => store.clone(),
            Disk::Sqlite(path) => Store::open(&format!("sqlite:{}", path.display()))
                .await
                .unwrap(),
            Disk::Postgres(url, _) => Store::open(url).await.unwrap(),
        }
    }
}

impl<'a> Disk<'a> {
    /// Another, empty one on the same ground.
    async fn other(&self) -> Disk<'a> {
        match self {
            Disk::Memory(_) => Disk::Memory(Store::open("memory:").await.unwrap()),
            Disk::Sqlite(path) => Disk::Sqlite(path.with_extension("restored.db")),
            Disk::Postgres(_, cluster) => Disk::Postgres(cluster.database().await, cluster),
        }
    }
}

struct Site<'a> {
    disk: Disk<'a>,
    /// None while the site is stopped.
    world: Option<World>,
    /// Its database is down as well.
    is_halted: bool,
    /// The key with which it signs, once it was up.
    key: Option<VerifierKey>,
    cookies: BTreeMap<String, String>,
}

/// Both sites, and what the story is about at the moment.
pub struct Stage<'a> {
    sites: BTreeMap<&'static str, Site<'a>>,
    is_cut: bool,
    /// How far the clocks were moved, in microseconds.
    offset_us: i64,
    /// The review last opened.
    pub review: Option<ReviewId>,
    _folder: Option<tempfile::TempDir>,
}

impl<'a> Stage<'a> {
    pub async fn new(ground: &Ground<'a>) -> Stage<'a> {
        let folder = matches!(ground, Ground::Sqlite).then(|| tempfile::tempdir().unwrap());
        let mut sites = BTreeMap::new();
        for (index, name) in SITES.into_iter().enumerate() {
            let disk = match ground {
                Ground::Memory => Disk::Memory(Store::open("memory:").await.unwrap()),
                Ground::Sqlite => {
                    let folder = folder.as_ref().expect("a folder for the files").path();
                    Disk::Sqlite(folder.join(format!("{name}.db")))
                }
                Ground::Postgres(clusters) => {
                    Disk::Postgres(clusters[index].database().await, &clusters[index])
                }
            };
            let site = Site {
                disk,
                world: None,
                is_halted: false,
                key: None,
                cookies: BTreeMap::new(),
            };
            sites.insert(name, site);
        }
        let mut stage = Stage {
            sites,
            is_cut: false,
            offset_us: 0,
            review: None,
            _folder: folder,
        };
        for name in SITES {
            stage.start(name).await.unwrap();
        }
        stage.level().await.unwrap();
        stage
    }

    /// The site, if there is one of that name and it runs.
    pub fn at(&self, site: &str) -> Result<&World, String> {
        let known = self.sites.get(site);
        let known = known.ok_or_else(|| format!("there is no site {site}"))?;
        known
            .world
            .as_ref()
            .ok_or_else(|| format!("{site} is stopped"))
    }

    /// The site whose portal the story is at, by an environment or a review.
    pub fn own(&self, environment: &str) -> Result<&World, String> {
        self.at(environment.split('/').next().unwrap_or_default())
    }

    /// Sites that are not stopped.
    pub fn running(&self) -> impl Iterator<Item = &World> {
        self.sites.values().filter_map(|site| site.world.as_ref())
    }

    /// Powers a site on: its process folds what is on its disk, and the readers start.
    pub async fn start(&mut self, name: &str) -> Result<(), String> {
        let (key, site) = self
            .sites
            .get_key_value(name)
            .ok_or_else(|| format!("there is no site {name}"))?;
        let key = *key;
        if site.world.is_some() {
            return Err(format!("{name} runs already"));
        }
        if let (Disk::Postgres(_, cluster), true) = (&site.disk, site.is_halted) {
            cluster.resume();
        }
        let world = World::at(key, site.disk.open().await).await;
        world.app.clock.set_offset_us(self.offset_us);
        // A process is told the other site's key when it starts; the copy is folded under it.
        for other in self.sites.values().filter_map(|site| site.key.as_ref()) {
            world.app.trust_keys(std::slice::from_ref(other));
        }
        let folded = || async {
            let held = world.app.store.sites().await.map_err(|e| e.to_string())?;
            for site in held {
                let stored = world.app.store.head(&site).await;
                let stored = stored.map_err(|e| e.to_string())?.seq;
                if world.app.snapshot().state.head(&site).seq != stored {
                    return Err(format!("{site} is not folded at {key} yet"));
                }
            }
            Ok(())
        };
        until(folded).await?;
        let site = self.sites.get_mut(key).expect("it was there");
        site.key = Some(world.app.verifier_key());
        site.world = Some(world);
        site.is_halted = false;
        site.cookies = BTreeMap::new();
        let others: Vec<&World> = self
            .sites
            .iter()
            .filter(|(other, _)| **other != key)
            .filter_map(|(_, site)| site.world.as_ref())
            .collect();
        let here = self.at(key)?;
        for there in others {
            if !self.is_cut {
                let source = InProcess(there.app.clone());
                let compared = reader::compare(&here.app, &source).await;
                compared.map_err(|e| e.to_string())?;
            }
            reader::start(here.app.clone(), there.app.clone());
            reader::start(there.app.clone(), here.app.clone());
        }
        self.set_links();
        Ok(())
    }

    /// Powers a site off: nothing of it answers, and its database goes with it.
    pub async fn stop(&mut self, name: &str) -> Result<(), String> {
        self.at(name)?;
        let site = self.sites.get_mut(name).expect("it runs");
        let world = site.world.take().expect("it runs");
        world.app.link_up.store(false, Ordering::Relaxed);
        world.app.store.close().await;
        site.is_halted = true;
        if let Disk::Postgres(_, cluster) = &site.disk {
            cluster.halt();
        }
        Ok(())
    }

    /// The site's database comes back from a backup, or a promoted standby, without its last entries: contents,
    /// accounts and the key are as they were. The process starts anew on it.
    pub async fn lose(&mut self, name: &str, count: u64) -> Result<(), String> {
        let world = self.at(name)?;
        let site = world.app.config.site.clone();
        let head = world.app.snapshot().state.head(&site).seq;
        let known = self.sites.get(name).ok_or("no such site")?;
        let disk = known.disk.other().await;
        restore(world, &disk.open().await, head.saturating_sub(count)).await?;
        world.app.link_up.store(false, Ordering::Relaxed);
        world.app.store.close().await;
        let known = self.sites.get_mut(name).expect("it runs");
        known.disk = disk;
        known.world = None;
        self.start(name).await
    }

    /// What `rulegate site recover` does, from the other site.
    pub async fn recover(&self, name: &str) -> Result<(), String> {
        let world = self.at(name)?;
        let other = SITES.into_iter().find(|other| *other != name);
        let source = InProcess(self.at(other.unwrap_or_default())?.app.clone());
        let keys = [world.app.verifier_key()];
        let (store, site) = (&world.app.store, &world.app.config.site);
        let done = recovery::recover(store, site, &keys, &source, world.app.clock.now()).await;
        done.map_err(|e| e.to_string())?;
        let compared = reader::compare(&world.app, &source).await;
        compared.map_err(|e| e.to_string())
    }

    /// The story is over: whatever still runs ends, and stopped clusters run again for the next one.
    pub async fn end(mut self) {
        for name in SITES {
            if self.at(name).is_ok() {
                let site = self.sites.get_mut(name).expect("it runs");
                let world = site.world.take().expect("it runs");
                world.app.link_up.store(false, Ordering::Relaxed);
                world.app.store.close().await;
            }
            let site = &self.sites[name];
            if let (Disk::Postgres(_, cluster), true) = (&site.disk, site.is_halted) {
                cluster.resume();
            }
        }
    }

    pub fn cut(&mut self, is_cut: bool) {
        self.is_cut = is_cut;
        self.set_links();
    }

    fn set_links(&self) {
        for world in self.running() {
            world.app.link_up.store(!self.is_cut, Ordering::Relaxed);
        }
    }

    pub fn pass(&mut self, us: i64) {
        self.offset_us += us;
        for world in self.running() {
            world.app.clock.set_offset_us(self.offset_us);
        }
    }

    /// Waits until both sites hold the same two ledgers and owe nothing.
    pub async fn level(&self) -> Result<(), String> {
        let [one, other] = [self.at("ipc2")?, self.at("ipc1")?];
        let is_level = || {
            let (a, b) = (one.app.snapshot(), other.app.snapshot());
            let same = SITES.into_iter().all(|site| {
                let site = site.parse().unwrap();
                a.state.head(&site) == b.state.head(&site)
            });
            let owes = |world: &World| {
                let state = &world.app.snapshot().state;
                !state.due_commands(world.app.clock.now()).is_empty()
            };
            same && !owes(one) && !owes(other)
        };
        until(|| async { is_level().then_some(()).ok_or("not level yet".to_owned()) }).await
    }

    /// Both ledgers, entry by entry, as each site stores them.
    pub async fn same_ledgers(&self) -> Result<(), String> {
        self.level().await?;
        for site in SITES {
            let site = site.parse().unwrap();
            let mut held = Vec::new();
            for name in SITES {
                let entries = self.at(name)?.app.entries_after(&site, 0, 100_000).await;
                let entries = entries.map_err(|e| e.to_string())?;
                let dense = entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq);
                if !dense {
                    return Err(format!("{name} holds a gap in the ledger of {site}"));
                }
                held.push(
                    entries
                        .into_iter()
                        .map(|entry| (entry.seq, entry.hash, entry.bytes))
                        .collect::<Vec<_>>(),
                );
            }
            if held[0] != held[1] {
                return Err(format!("the sites hold different ledgers of {site}"));
            }
        }
        Ok(())
    }

    /// A page as a person sees it.
    pub async fn page(&mut self, site: &str, who: &str, address: &str) -> Result<Answer, String> {
        self.at(site)?;
        let place = self.sites.get_mut(site).expect("it runs");
        let world = place.world.as_ref().expect("it runs");
        if !place.cookies.contains_key(who) {
            place
                .cookies
                .insert(who.to_owned(), world.sign_in(who).await);
        }
        let mut answer = world.get(&place.cookies[who], address).await;
        if answer.status.is_redirection() {
            // A sign-in ends after some hours, and clocks are moved.
            let cookie = world.sign_in(who).await;
            answer = world.get(&cookie, address).await;
            place.cookies.insert(who.to_owned(), cookie);
        }
        match answer.status.as_u16() {
            200 => Ok(answer),
            status => Err(format!("{address} at {site} answers {status}")),
        }
    }

    /// What a pod is told, through the interface with a token of its own.
    pub async fn pod(&self, environment: &str, lane: Option<&str>) -> Result<Answer, String> {
        let world = self.own(environment)?;
        let place = crate::harness::world::environment(environment);
        let scope = Scope {
            ruleset: None,
            site: Some(place.site),
            lane: Some(place.lane),
        };
        let token = world.token("pods", scope).await;
        let address = match lane {
            Some(lane) => format!("/api/v1/assignments/crs?lane={lane}"),
            None => "/api/v1/assignments/crs".to_owned(),
        };
        let get = axum::http::Method::GET;
        Ok(world.api(get, &token, &address, "").await)
    }
}

/// Copies a site into an empty store, its own ledger only up to entry `kept`.
async fn restore(world: &World, store: &Store, kept: u64) -> Result<(), String> {
    let wrong = |e: &dyn std::fmt::Display| e.to_string();
    let (app, site) = (&world.app, &world.app.config.site);
    store.claim_identity(site).await.map_err(|e| wrong(&e))?;
    let key = app.store.signing_identity().await.map_err(|e| wrong(&e))?;
    let key = key.ok_or("a site has a key")?;
    let claimed = store.claim_signing_identity(&key).await;
    claimed.map_err(|e| wrong(&e))?;
    for name in PEOPLE.iter().map(|(name, _)| name) {
        let account = app.store.account_by_name(name).await;
        let account = account
            .map_err(|e| wrong(&e))?
            .ok_or("everybody is known")?;
        let made = store.create_account(&account).await;
        made.map_err(|e| wrong(&e))?;
    }
    let state = &app.snapshot().state;
    for facts in state.own_ledger().versions.values() {
        let rules = app.rules(&facts.checksum).await.map_err(|e| wrong(&e))?;
        let mut contents: Vec<_> = rules
            .texts
            .iter()
            .map(|(path, bytes)| (rules.manifest.rules()[path], bytes.clone()))
            .collect();
        let manifest = app.content(&facts.checksum).await.map_err(|e| wrong(&e))?;
        contents.push((facts.checksum, manifest.ok_or("a manifest is there")?));
        store.put_contents(&contents).await.map_err(|e| wrong(&e))?;
    }
    let entries = app.store.entries_after(site, 0, kept as u32).await;
    let entries = entries.map_err(|e| wrong(&e))?;
    let appended = store.append(site, Head::EMPTY, &entries).await;
    appended.map_err(|e| wrong(&e))
}

/// Asks again until the answer is yes; the last no counts.
pub async fn until<F, Fut>(ask: F) -> Result<(), String>
where
    F: Fn() -> Fut,
    Fut: std::future::Future<Output = Result<(), String>>,
{
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Ok(()) => return Ok(()),
            Err(no) if tokio::time::Instant::now() > deadline => return Err(no),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}
