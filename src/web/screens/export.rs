//! The ledger as files: NDJSON that proves itself, CSV for reading.

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::ledger::{LedgerQuery, describe};
use crate::app::ledger::{Direction, LedgerFilter, Listed};
use crate::app::{AppError, export};
use crate::web::Portal;
use crate::web::error::WebResult;
use crate::web::user::User;
use rulegate_domain::state::State as Truth;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::{AccountId, SiteName};

/// Rows of a CSV: what a spreadsheet still opens with ease. The whole ledger is the NDJSON's task.
pub(super) const CSV_ROWS_MAX: usize = 50_000;
/// Entries read at a time.
const PAGE: u32 = 500;
/// Chunks that may wait for a slow reader.
const WAITING_MAX: usize = 4;

#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    site: String,
}

/// `GET /ledger/export.ndjson?site=ipc2`
pub(super) async fn ndjson(
    State(portal): State<Portal>,
    user: User,
    Query(which): Query<Which>,
) -> WebResult {
    user.require(Act::ExportLedger, Scope::EVERYWHERE)?;
    let truth = &user.snapshot.state;
    let site: SiteName = match which.site.as_str() {
        "" => truth.own.clone(),
        name => name.parse()?,
    };
    if !truth.topology.sites.contains(&site) {
        let name = site.to_string();
        return Err(AppError::NotFound { what: "site", name }.into());
    }
    let upto = truth.head(&site);
    let account = user.person.account.id.as_str();
    tracing::info!(target: "audit", account, %site, upto = upto.seq, "ledger exported");
    let key = portal.app.keys_of(&site).into_iter().next();
    let chunks = export::start(portal.app.store.clone(), site.clone(), key, upto);
    let name = format!("ledger-{site}-{}.ndjson", upto.seq);
    Ok(attachment("application/x-ndjson", &name, chunks))
}

/// `GET /ledger/export.csv` with the filters of the page.
pub(super) async fn csv(
    State(portal): State<Portal>,
    user: User,
    Query(query): Query<LedgerQuery>,
) -> WebResult {
    user.require(Act::ExportLedger, Scope::EVERYWHERE)?;
    let wanted = query.wanted(&portal, &user.snapshot.state);
    if let Some(problem) = wanted.problems.first() {
        return Err(AppError::BadInput {
            code: "bad_filter",
            message: problem.clone(),
        }
        .into());
    }
    let (sender, chunks) = mpsc::channel(WAITING_MAX);
    let account = user.person.account.id.as_str();
    tracing::info!(target: "audit", account, "ledger exported as CSV");
    tokio::spawn(async move {
        if let Err(error) = write_csv(&portal, &user.snapshot.state, wanted.filter, &sender).await {
            tracing::warn!(%error, "a CSV was not finished");
            let _ = sender
                .send(Err(std::io::Error::other(error.to_string())))
                .await;
        }
    });
    Ok(attachment("text/csv; charset=utf-8", "ledger.csv", chunks))
}

type Chunk = Result<Bytes, std::io::Error>;

fn attachment(
    kind: &'static str,
    name: &str,
    chunks: mpsc::Receiver<Chunk>,
) -> axum::response::Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, Body::new(Chunks(chunks))).into_response()
}

/// The chunks as a body wants them.
struct Chunks(mpsc::Receiver<Chunk>);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        let chunk = self.0.poll_recv(context);
        chunk.map(|chunk| chunk.map(|chunk| chunk.map(hyper::body::Frame::data)))
    }
}

async fn write_csv(
    portal: &Portal,
    truth: &Truth,
    filter: LedgerFilter,
    sender: &mpsc::Sender<Chunk>,
) -> Result<(), AppError> {
    let names = |id: &AccountId| portal.auth.directory.name(id);
    let mut text = String::from(
        "site,seq,time,person,kind,ruleset,environment,version,review,sentence,hash\r\n",
    );
    let (mut cursor, mut count, mut cut) = (None, 0, false);
    loop {
        let browse = portal.app.browse(&filter, cursor, Direction::Older, PAGE);
        let page = browse.await?;
        for listed in &page.entries {
            cut = count == CSV_ROWS_MAX;
            if cut {
                let note = format!(
                    "Cut after {CSV_ROWS_MAX} rows: narrow the filters, or take the NDJSON."
                );
                put_row(&mut text, &["", "", "", "", "", "", "", "", "", &note, ""]);
                break;
            }
            put_entry(&mut text, &names, truth, listed);
            count += 1;
        }
        let chunk = Bytes::from(std::mem::take(&mut text));
        // The reader has gone: nobody wants the rest.
        if !chunk.is_empty() && sender.send(Ok(chunk)).await.is_err() {
            return Ok(());
        }
        cursor = page.older;
        if cut || cursor.is_none() {
            return Ok(());
        }
    }
}

fn put_entry(
    text: &mut String,
    names: &dyn Fn(&AccountId) -> String,
    truth: &Truth,
    listed: &Listed,
) {
    let stored = &listed.stored;
    fn shown(value: &Option<impl ToString>) -> String {
        value.as_ref().map_or(String::new(), ToString::to_string)
    }
    let environment = stored
        .lane
        .as_ref()
        .map_or(String::new(), |lane| format!("{}/{lane}", stored.site));
    put_row(
        text,
        &[
            stored.site.as_str(),
            &stored.seq.to_string(),
            &stored.at.to_rfc3339(),
            &names(&stored.actor),
            &stored.kind,
            &shown(&stored.ruleset),
            &environment,
            &shown(&stored.version),
            &shown(&stored.review),
            &describe(names, truth, listed).sentence(),
            &stored.hash.to_hex(),
        ],
    );
}

fn put_row(text: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        put_cell(text, cell);
    }
    text.push_str("\r\n");
}

/// RFC 4180, and nothing that a spreadsheet would take for a formula.
fn put_cell(text: &mut String, cell: &str) {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    if cell.contains([',', '"', '\n', '\r']) {
        text.push('"');
        text.push_str(guard);
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(guard);
        text.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_becomes_a_formula_and_quotes_survive() {
        let check = |cell: &str, expected: &str| {
            let mut text = String::new();
            put_cell(&mut text, cell);
            assert_eq!(text, expected);
        };
        check("plain", "plain");
        check("=1+1", "'=1+1");
        check("@cmd", "'@cmd");
        check("-2", "'-2");
        check("a,b", "\"a,b\"");
        check("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"");
        check("\rx", "\"'\rx\"");
    }
}
