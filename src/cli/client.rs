//! Talking to a server from the command line: one archive there, one answer back.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::checksum::read_folder;
use crate::web::format::url_encode;

/// How long a whole request may take: a large release over a slow line.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where the server is, and who asks.
#[derive(clap::Args)]
pub struct ServerArgs {
    /// The server's address, e.g. https://rules.example.org.
    #[arg(long, env = "RULEGATE_SERVER")]
    server: String,
    /// The token; better given as RULEGATE_TOKEN than on the command line, where others can read it.
    #[arg(long, env = "RULEGATE_TOKEN", hide_env_values = true)]
    token: String,
}

/// What a server answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON; null if there was none.
    pub body: Value,
}

impl Answer {
    /// The answer if it is a success. Asked for JSON, a problem is printed as the server told it, and `None`
    /// comes back: the caller ends with an error code and says no more.
    ///
    /// Errors: as [`Answer::success`].
    pub fn success_or_told(self, json: bool) -> Result<Option<Value>, String> {
        if json && !(200..300).contains(&self.status) && !self.body.is_null() {
            super::say!("{}", self.body);
            return Ok(None);
        }
        self.success().map(Some)
    }

    /// The answer if it is a success.
    ///
    /// Errors: the problem the server told, as sentences.
    pub fn success(self) -> Result<Value, String> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let text = |name: &str| self.body[name].as_str().unwrap_or_default().to_owned();
        if self.body.is_null() {
            return Err(format!(
                "the server answered {} without saying why",
                self.status
            ));
        }
        let mut message = format!("{} ({})", text("detail"), text("code"));
        if message.starts_with(" (") {
            message = format!("{} ({})", text("title"), text("code"));
        }
        for line in self.body["details"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            message.push_str(&format!("\n  {line}"));
        }
        if !text("remedy").is_empty() {
            message.push_str(&format!("\n  {}", text("remedy")));
        }
        Err(message)
    }
}

/// A folder's rules as a gzip tar, sorted, without times or owners: the same bytes for the same rules.
pub fn pack(dir: &Path) -> Result<Vec<u8>, String> {
    pack_rules(&read_folder(dir)?).map_err(|e| format!("cannot pack {}: {e}", dir.display()))
}

fn pack_rules(rules: &BTreeMap<String, Bytes>) -> std::io::Result<Vec<u8>> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes) in rules {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, path, &bytes[..])?;
    }
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}

impl ServerArgs {
    /// Sends an archive and reads the answer. `query` values are encoded here; empty ones are left out.
    ///
    /// Errors: a sentence if the server cannot be reached or does not answer as one of ours.
    pub fn send(
        &self,
        path: &str,
        query: &[(&str, &str)],
        archive: &[u8],
    ) -> Result<Answer, String> {
        if !self.server.starts_with("http://") && !self.server.starts_with("https://") {
            return Err(format!(
                "{}: write the server's address with http:// or https:// in front",
                self.server
            ));
        }
        let token = self.token.trim();
        if token.is_empty() || token.contains(|c: char| !c.is_ascii_graphic()) {
            return Err(
                "give a token, as it was shown when it was made: --token or RULEGATE_TOKEN"
                    .to_owned(),
            );
        }
        let query: Vec<String> = query
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", url_encode(value)))
            .collect();
        let url = format!(
            "{}{path}?{}",
            self.server.trim_end_matches('/'),
            query.join("&")
        );
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut response = agent
            .post(&url)
            .header("authorization", &format!("Bearer {token}"))
            .header("content-type", "application/gzip")
            // A token or name that is refused is told before the archive travels.
            .header("expect", "100-continue")
            .header(
                "idempotency-key",
                &uuid::Uuid::now_v7().simple().to_string(),
            )
            .send(archive)
            .map_err(|e| {
                format!(
                    "cannot reach {}: {e}; is it running, and is the address right?",
                    self.server
                )
            })?;
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .read_to_string()
            .map_err(|e| format!("the answer broke off: {e}"))?;
        Ok(Answer {
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
        })
    }
}
