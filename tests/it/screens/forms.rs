//! Every form of the portal, refused once: what was typed comes back, and the refusal stands at its field.

mod browser;
mod table;
mod worlds;

use std::collections::BTreeSet;

use self::browser::{Browser, FormOnPage, alerts};
use self::table::{Case, table};
use self::worlds::{Given, Place};
use crate::harness::world::Answer;

#[test]
fn the_table_has_every_form_of_the_portal_once() {
    let table = table();
    let listed: BTreeSet<String> = rulegate::web::forms().into_iter().collect();
    let tried: BTreeSet<String> = table.iter().map(|case| case.form.to_owned()).collect();
    assert_eq!(table.len(), tried.len(), "a form stands in it twice");
    assert_eq!(tried, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_form_comes_back_with_what_was_typed() {
    let mut wrong = Vec::new();
    for place in Place::ALL {
        let given = Given::new(place).await;
        for case in table().into_iter().filter(|case| case.place == place) {
            if let Err(why) = refuse(&given, &case).await {
                wrong.push(format!("{}: {why}", case.form));
            }
        }
    }
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} forms:\n{}", wrong.join("\n"));
}

/// Sends a form so that it is refused. Errors: what is missing in the answer.
async fn refuse(given: &Given, case: &Case) -> Result<(), String> {
    let world = given.world();
    let mut browser = Browser::of(world, case.who).await;
    let mut form = match case.page {
        "" => FormOnPage::nowhere(case.form),
        page => {
            let page = browser.open(&given.address(page)).await?;
            FormOnPage::find(&page, case)?
        }
    };
    for (name, value) in case.filled() {
        form.set(name, value)?;
    }
    for (name, value) in &case.altered {
        form.put(name, value);
    }
    if let Some(other) = case.sent_by {
        browser = Browser::of(world, other).await;
        form.put("csrf", &browser.csrf());
    }
    let answer = browser.send(&form).await;
    let status = answer.status;
    if !(status.is_client_error() || case.shows_only && status.is_success()) {
        return Err(format!("{status}, not refused"));
    }
    if alerts(&answer).is_empty() {
        return Err(format!("{status} without a word of refusal"));
    }
    match case.asks_nothing {
        Some(_) => Ok(()),
        None => came_back(&answer, &form, case),
    }
}

/// Errors: what the form that came back lost, shows and should not, or does not say at its field.
fn came_back(answer: &Answer, sent: &FormOnPage, case: &Case) -> Result<(), String> {
    let form = FormOnPage::find(answer, case)
        .map_err(|why| format!("{} and {why}: {:?}", answer.status, alerts(answer)))?;
    for (name, value) in case.filled() {
        if sent.is_secret(name) {
            if answer.text.contains(value) {
                return Err(format!("shows the {name} {value:?}"));
            }
        } else if !form.holds(name, value) {
            let start: String = value.chars().take(30).collect();
            return Err(format!("{name} lost {start:?}"));
        }
    }
    match case.wrong {
        Some((name, _)) if !form.is_at_fault(name) => Err(format!(
            "the refusal is not at {name}: {:?}",
            alerts(answer)
        )),
        _ => Ok(()),
    }
}
