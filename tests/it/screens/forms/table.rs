//! One case for each form: where it stands, what is typed, and which of it is wrong.

use std::sync::LazyLock;

use super::worlds::Place::{self, Offered, Paired, Quiet, Reviewed, Stopped};

/// Longer than any reason, note or comment may be.
static ENDLESS: LazyLock<String> = LazyLock::new(|| format!("because {}", "so ".repeat(4_000)));

/// How a form is filled in so that it is refused.
pub struct Case {
    /// Where it is sent, as the router lists it.
    pub form: &'static str,
    /// The world in which it stands.
    pub place: Place,
    /// Who opens its page; `nobody` is not signed in.
    pub who: &'static str,
    /// The page that it stands on, with names of reviews in braces; empty if no page of these worlds has it.
    pub page: &'static str,
    /// Another address that the form is sent to on its page.
    pub stands_as: Option<&'static str>,
    /// Who sends it instead.
    pub sent_by: Option<&'static str>,
    /// What is typed or chosen, and is right.
    typed: Vec<(&'static str, &'static str)>,
    /// The field that is wrong, with what is typed into it.
    pub wrong: Option<(&'static str, &'static str)>,
    /// What is sent as nobody could type it.
    pub altered: Vec<(&'static str, &'static str)>,
    /// Nothing is typed into it, for this reason.
    pub asks_nothing: Option<&'static str>,
    /// It changes nothing, so it is answered with a page that says what is wrong.
    pub shows_only: bool,
}

fn case(form: &'static str, place: Place, who: &'static str, page: &'static str) -> Case {
    Case {
        form,
        place,
        who,
        page,
        stands_as: None,
        sent_by: None,
        typed: Vec::new(),
        wrong: None,
        altered: Vec::new(),
        asks_nothing: None,
        shows_only: false,
    }
}

impl Case {
    /// Everything that is typed or chosen.
    pub fn filled(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.typed.iter().chain(&self.wrong).copied()
    }

    fn typed(mut self, name: &'static str, value: &'static str) -> Case {
        self.typed.push((name, value));
        self
    }

    fn wrong(mut self, name: &'static str, value: &'static str) -> Case {
        self.wrong = Some((name, value));
        self
    }

    fn too_long(self, name: &'static str) -> Case {
        self.wrong(name, &ENDLESS)
    }

    fn altered(mut self, name: &'static str, value: &'static str) -> Case {
        self.altered.push((name, value));
        self
    }

    fn sent_by(mut self, who: &'static str) -> Case {
        self.sent_by = Some(who);
        self
    }

    fn stands_as(mut self, form: &'static str) -> Case {
        self.stands_as = Some(form);
        self
    }

    fn asks_nothing(mut self, why: &'static str) -> Case {
        self.asks_nothing = Some(why);
        self
    }

    fn shows_only(mut self) -> Case {
        self.shows_only = true;
        self
    }
}

/// Every form of the portal, in the order of the screens.
#[rustfmt::skip]
pub fn table() -> Vec<Case> {
    const MERGE: &str = "/hotfixes/new/merge?ruleset=crs&hotfix=1%2Bipc1.1&environment=ipc2%2Fprod";
    const DRIFT: &str = "/drift/crs/ipc2/prod";
    const DESK: &str = "/hotfixes/new/edit?ruleset=crs&rule=b.conf";
    vec![
        case("/accounts", Quiet, "adam", "/accounts")
            .typed("display_name", "Eve Lind").typed("kind", "service").wrong("name", "two words"),
        case("/accounts/{name}/rights", Quiet, "adam", "/accounts/theo")
            .typed("site", "ipc1").typed("lane", "sl").altered("role", "pod"),
        case("/accounts/{name}/rights/end", Quiet, "adam", "/accounts/theo").too_long("reason"),
        case("/accounts/{name}/password", Quiet, "adam", "/accounts/theo").wrong("password", "shrt"),
        case("/accounts/{name}/state", Quiet, "adam", "/accounts/theo")
            .sent_by("otto").asks_nothing("one press closes or opens; an auditor may not"),
        case("/accounts/{name}/name", Quiet, "adam", "/accounts/theo").wrong("new_name", "two words"),
        case("/accounts/{name}/tokens", Quiet, "adam", "/accounts/pods")
            .typed("name", "nightly").typed("site", "ipc1").wrong("days", "some"),
        case("/accounts/{name}/tokens/end", Quiet, "adam", "/accounts/pipeline")
            .sent_by("otto").asks_nothing("one press ends a token; an auditor may not"),
        case("/me/password", Quiet, "rita", "/me")
            .typed("password", "a few fine words").wrong("old", "nothing like it"),
        case("/me/sign-ins/end", Quiet, "rita", "/me")
            .altered("csrf", "stale").asks_nothing("one press ends all others; a stale page may not"),
        case("/sign-in", Quiet, "nobody", "/sign-in?next=%2Freviews")
            .typed("name", "rita").wrong("password", "not that one"),
        case("/sign-out", Quiet, "rita", "/me")
            .altered("csrf", "stale").asks_nothing("one press signs out; a stale page may not"),
        case("/policy", Quiet, "adam", "/policy")
            .typed("reason", "more eyes").typed("paths", "rules/**").wrong("production", "many"),
        case("/sites/live", Quiet, "omar", "/sites").typed("live", "ipc1").too_long("reason"),
        case("/sites/link", Quiet, "omar", "")
            .altered("up", "false").asks_nothing("a switch of the demonstration; elsewhere it is refused"),
        case("/sites/power", Quiet, "omar", "")
            .altered("on", "false").asks_nothing("a switch of the demonstration; elsewhere it is refused"),
        case("/sites/holds", Quiet, "omar", "/sites").typed("lane", "sl").too_long("reason"),
        case("/sites/freezes", Quiet, "omar", "/sites")
            .typed("lane", "sl").typed("reason", "the feast").wrong("until", "some day"),

        case("/sites/stops/end", Stopped, "omar", "/sites").too_long("reason"),
        case("/sites/intents/end", Stopped, "omar", "/sites").too_long("reason"),
        case("/drift/{ruleset}/{site}/{lane}/adopt", Stopped, "theo", DRIFT)
            .typed("reason", "it is right").typed("incident", "INC-9").wrong("ends", "some day"),
        case("/drift/{ruleset}/{site}/{lane}/dismiss", Stopped, "ana", DRIFT)
            .typed("reason", "a trial").wrong("ends", "some day"),

        case("/reviews/{id}/comments", Reviewed, "rita", "/reviews/{asked}").too_long("text"),
        case("/reviews/{id}/answers", Reviewed, "rita", "/reviews/{asked}").typed("answer", "loss").too_long("text"),
        case("/reviews/{id}/seen", Reviewed, "rita", "/reviews/{asked}")
            .altered("sight", "0").asks_nothing("one press marks texts as seen; those of an old page are refused"),
        case("/reviews/{id}/approvals", Reviewed, "rita", "/reviews/{proposed}").too_long("text"),
        case("/reviews/{id}/rejection", Reviewed, "rita", "/reviews/{proposed}").too_long("text"),
        case("/reviews/{id}/withdrawal", Reviewed, "theo", "/reviews/{proposed}").too_long("text"),
        case("/reviews/{id}/break-glass", Reviewed, "ana", "/reviews/{proposed}")
            .typed("text", "it burns").wrong("password", "not that one"),
        case("/reviews/{id}/execution", Reviewed, "ana", "/reviews/{approved}")
            .sent_by("theo").asks_nothing("one press executes what was approved; an author may not"),
        case("/reviews/{id}/execute", Reviewed, "ana", "/reviews/{approved}").stands_as("/reviews/{id}/execution")
            .sent_by("theo").asks_nothing("the same under the word of the command line"),
        case("/reviews/{id}/looks", Reviewed, "otto", "/reviews/{glass}").too_long("text"),
        case("/hotfixes/new", Reviewed, "theo", DESK)
            .typed("text-0", "two by hand\n").typed("reason", "it burns").typed("incident", "INC-9").wrong("ends", "some day"),
        case("/hotfixes/new/preview", Reviewed, "theo", DESK).stands_as("/hotfixes/new").shows_only()
            .typed("text-0", "two by hand\n").typed("reason", "it burns").typed("more", "none.conf"),
        case("/hotfixes/{ruleset}/{version}/discard", Reviewed, "ana", "/hotfixes/crs/1%2Bipc2.1").too_long("text"),
        case("/rulesets/{ruleset}/activations", Reviewed, "lucy", "/rulesets/crs/activate?version=2&target=ipc1%2Fsl")
            .too_long("reason"),
        case("/rulesets/{ruleset}/versions/{version}/validations", Reviewed, "mara", "/rulesets/crs/versions/2")
            .typed("outcome", "failed").typed("note", "it stumbles").wrong("links", "javascript:alert(1)"),
        case("/rulesets/{ruleset}/versions/{version}/recall", Reviewed, "ana", "/rulesets/crs/versions/2")
            .too_long("reason"),

        case("/sites/between/bring", Offered, "lucy", "/sites/between").too_long("reason"),
        case("/sites/between/leave", Offered, "lucy", "/sites/between").too_long("reason"),
        case("/sites/between/pair", Paired, "lucy", "/sites/between").typed("outcome", "both").too_long("reason"),
        case("/sites/between/accept", Paired, "lucy", "/sites/between").too_long("reason"),
        case("/hotfixes/new/merge", Paired, "theo", MERGE)
            .typed("text-0", "limit 70\n").typed("reason", "it burns").wrong("ends", "some day"),
    ]
}
