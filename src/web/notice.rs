//! Links, and messages above a page.

/// An address with its words.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Link {
    pub href: String,
    pub text: String,
}

impl Link {
    /// A link to an address.
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Link {
        Link {
            href: href.into(),
            text: text.into(),
        }
    }
}

/// A message above a page; `kind` is `info`, `ok`, `warn`, `bad` or `hot`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Notice {
    pub kind: &'static str,
    pub text: String,
}

/// What a page says after a form, by a short word in its address: nobody can put own text there.
const NOTICES: &[(&str, &str)] = &[
    ("activation-asked", "The review is open."),
    (
        "hotfix-made",
        "The hotfix is made and waits in its review; nothing runs it yet.",
    ),
    ("answered", "The answer is recorded."),
    ("seen", "Marked as seen."),
    ("unseen", "No longer marked as seen."),
    (
        "approved",
        "Your approval is recorded, bound to exactly what is shown here.",
    ),
    ("rejected", "The review is rejected."),
    ("commented", "The comment is recorded."),
    ("withdrawn", "The review is withdrawn."),
    ("executed", "Executed."),
    (
        "glass-broken",
        "Executed past the gate. Two others have to look at it now.",
    ),
    ("looked", "After-review recorded."),
    ("validated", "Soft-launch result recorded."),
    ("recall-asked", "The recall waits in its review."),
    ("policy-asked", "The change of policy waits in its review."),
    ("discarded", "The hotfix is discarded."),
    ("dismissed", "The drift is dismissed until its end date."),
    ("held", "The hold is in force."),
    ("lifted", "Lifted."),
    ("frozen", "The freeze is in force."),
    ("declared", "The live site is declared."),
    ("transfer-asked", "The transfer waits in its review."),
    (
        "transfer-declined",
        "Recorded: the hotfix stays where it is.",
    ),
    ("pair-closed", "The pair is closed."),
    (
        "difference-accepted",
        "The difference is accepted while neither side moves.",
    ),
    ("cancelled", "The waiting activation is cancelled."),
    ("account-made", "The account is made."),
    (
        "account-closed",
        "The account is closed; its sign-ins and tokens end now.",
    ),
    ("account-renamed", "The account has another name now."),
    ("account-opened", "The account is open again."),
    (
        "password-set",
        "The password is set; other sign-ins of the account have ended.",
    ),
    ("granted", "The right is given."),
    ("revoked", "Taken back."),
    ("sign-ins-ended", "Your other sign-ins have ended."),
    ("signed-out", "You are signed out."),
    ("link-cut", "The link is cut."),
    ("link-mended", "The link is mended."),
    ("site-off", "The other site is switched off."),
    ("site-on", "The other site is switched on again."),
];

/// The message for an address with `done=...`.
pub fn notice_of(query: Option<&str>) -> Option<Notice> {
    let done = query?
        .split('&')
        .find_map(|pair| pair.strip_prefix("done="))?;
    let (_, text) = NOTICES.iter().find(|(word, _)| *word == done)?;
    Some(Notice {
        kind: "ok",
        text: (*text).to_owned(),
    })
}
