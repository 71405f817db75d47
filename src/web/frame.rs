//! The frame of a signed-in person's page: navigation, what waits, and what is wrong with the portal.

use super::Portal;
use super::notice::Notice;
use super::page::{Page, UserBadge};
use super::site_words;
use super::user::User;
use rulegate_ledger::access::{Act, Scope};

impl User {
    pub(super) fn frame(&self, portal: &Portal) -> Page {
        let state = &self.snapshot.state;
        let account = &self.person.account;
        let grants = state.grants_of(&account.id);
        let roles: std::collections::BTreeSet<&str> =
            grants.iter().map(|grant| grant.role.name()).collect();
        let roles: Vec<&str> = roles.into_iter().collect();
        let mut banners = Vec::new();
        if let Some(reason) = portal.app.stopped.load().as_ref() {
            banners.push(Notice {
                kind: "bad",
                text: format!("This process writes no more: {reason}. Reading works."),
            });
        }
        if let Some(reason) = portal.app.behind.load().as_ref() {
            banners.push(Notice {
                kind: "bad",
                text: format!("This site takes no entries: {reason}"),
            });
        }
        for drifted in portal.app.drifted.load().iter() {
            banners.push(Notice {
                kind: "bad",
                text: format!("The database's settings changed: {drifted}."),
            });
        }
        if let Some(alarm) = portal.app.peer.load().alarm() {
            banners.push(Notice {
                kind: "bad",
                text: format!("Not believed: {alarm}. {}", alarm.remedy()),
            });
        }
        banners.extend(site_words::silence(portal, state, self.now));
        banners.extend(site_words::stay(state, self.now));
        Page {
            title: String::new(),
            section: "",
            user: Some(UserBadge {
                name: account.display_name.clone(),
                roles: roles.join(", "),
            }),
            csrf: self.person.csrf.clone(),
            waiting: self.waiting().len(),
            live_site: state.live_site().to_string(),
            site: state.own.to_string(),
            demo: portal.app.config.demo,
            may_accounts: self.may(Act::ManageAccounts, &Scope::EVERYWHERE)
                || self.may(Act::ExportLedger, &Scope::EVERYWHERE),
            notice: self.notice.clone(),
            sent: self.sent.clone(),
            now: self.now,
            names: portal.auth.directory.known(),
            banners,
        }
    }
}

impl Page {
    /// The frame for a signed-in person.
    pub fn new(
        portal: &Portal,
        user: &User,
        section: &'static str,
        title: impl Into<String>,
    ) -> Page {
        Page {
            title: title.into(),
            section,
            ..user.frame(portal)
        }
    }
}
