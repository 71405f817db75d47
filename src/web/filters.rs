//! How values look on pages: templates hold domain values and pass them through these.
#![allow(missing_docs)] // the attribute puts an undocumented struct beside each function

use std::borrow::Borrow;
use std::fmt::Display;

use askama::{Result, Values};

use super::environment_view::{self, Tag};
use super::format;
use rulegate_compare::verdict::Verdict;
use rulegate_ledger::access::Grant;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::Timestamp;

/// `21 Nov 2026 14:01`.
#[askama::filter_fn]
pub fn time(at: &Timestamp, _: &dyn Values) -> Result<String> {
    Ok(at.minute())
}

/// `21 Nov 2026 14:01:09`.
#[askama::filter_fn]
pub fn seconds(at: &Timestamp, _: &dyn Values) -> Result<String> {
    Ok(at.second())
}

/// `2026-11-21T14:01:09.000000Z`, for machines.
#[askama::filter_fn]
pub fn iso(at: &Timestamp, _: &dyn Values) -> Result<String> {
    Ok(at.to_rfc3339())
}

/// `2026-11-21`.
#[askama::filter_fn]
pub fn day(at: &Timestamp, _: &dyn Values) -> Result<String> {
    Ok(at.iso_day())
}

/// `21 Nov 2026`.
#[askama::filter_fn]
pub fn date(at: &Timestamp, _: &dyn Values) -> Result<String> {
    Ok(at.day())
}

/// `21 Nov`.
#[askama::filter_fn]
pub fn day_and_month(at: &Timestamp, _: &dyn Values) -> Result<String> {
    Ok(at.day_and_month())
}

/// `3 h ago`, seen from `now`.
#[askama::filter_fn]
pub fn ago(at: &Timestamp, _: &dyn Values, now: &Timestamp) -> Result<String> {
    Ok(format!("{} ago", format::ago(*at, *now)))
}

/// `1,904`.
#[askama::filter_fn]
pub fn thousands(number: impl Borrow<usize>, _: &dyn Values) -> Result<String> {
    Ok(format::thousands(*number.borrow()))
}

/// `1 rule`, `1,904 rules`.
#[askama::filter_fn]
pub fn counted(
    number: impl Borrow<usize>,
    _: &dyn Values,
    one: &str,
    many: &str,
) -> Result<String> {
    Ok(format::count(*number.borrow(), one, many))
}

/// Why a pin moved, in a word or two.
#[askama::filter_fn]
pub fn mode(mode: &Mode, _: &dyn Values) -> Result<&'static str> {
    Ok(environment_view::mode(*mode))
}

/// What became of a hotfix's change, as a tag.
#[askama::filter_fn]
pub fn verdict(verdict: &Verdict, _: &dyn Values) -> Result<Tag> {
    Ok(environment_view::verdict(*verdict))
}

/// `reviewer everywhere`, `author for owasp-crs at ipc2/prod`.
#[askama::filter_fn]
pub fn right(grant: &Grant, _: &dyn Values) -> Result<String> {
    Ok(format::right(grant))
}

/// Percent-encoded, for a value inside an address.
#[askama::filter_fn]
pub fn encoded(text: impl Display, _: &dyn Values) -> Result<String> {
    Ok(format::url_encode(&text.to_string()))
}

/// Text of people with its invisible characters shown.
#[askama::filter_fn]
pub fn visible(text: &str, _: &dyn Values) -> Result<String> {
    Ok(crate::app::summary::visible(text))
}
