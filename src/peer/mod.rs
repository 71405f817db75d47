//! Another site over HTTP: the same interface that auditors and mirrors use, with a token of the role `peer`.
//!
//! Every answer is bounded in size and time. Nothing is believed here; [`rulegate_ledger::trust`] judges.

mod listen;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::watch;

use crate::app::sealing::{PublicKey, Sealed};
use crate::app::source::{Source, SourceError};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;

/// How long a connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long a whole question may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long silence may last on the stream of events; signs of life come more often.
const SILENCE: Duration = Duration::from_secs(35);
/// A checkpoint or a proof is a few kilobytes.
const SMALL_SIZE_BYTES_MAX: u64 = 256 * 1024;
/// A page of lines ends after 4 MiB and one more entry.
const PAGE_SIZE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// A manifest of 10,000 long paths; a rule has at most 8 MiB.
const CONTENT_SIZE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Where the other site is and how it is asked.
#[derive(Debug, Clone)]
pub struct PeerSettings {
    /// Whose ledger is read there.
    pub site: SiteName,
    /// Its address, `https://...`; plain `http://` only on this machine.
    pub url: String,
    /// The token that it gave us.
    pub token: String,
    /// Root certificates that count instead of the public ones, as PEM.
    pub ca_file: Option<PathBuf>,
}

/// A site over HTTP.
pub struct Peer {
    site: SiteName,
    base: Arc<str>,
    authorization: Arc<str>,
    agent: ureq::Agent,
    hints: watch::Sender<u64>,
}

impl Peer {
    /// Prepares to ask; connects only when asked.
    ///
    /// Errors: a sentence if the address or the certificates cannot be used.
    pub fn new(settings: &PeerSettings) -> Result<Peer, String> {
        let base = settings.url.trim_end_matches('/');
        let is_local = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"]
            .iter()
            .any(|local| base.starts_with(local));
        if !base.starts_with("https://") && !is_local {
            return Err(format!(
                "{base} is not https: between machines nothing is read without TLS"
            ));
        }
        let tls = tls(settings)?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_PATIENCE))
            .timeout_global(Some(PATIENCE))
            .tls_config(tls.clone())
            .build();
        let listening = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(SILENCE))
            .tls_config(tls)
            .build();
        let peer = Peer {
            site: settings.site.clone(),
            base: base.into(),
            authorization: format!("Bearer {}", settings.token.trim()).into(),
            agent: config.into(),
            hints: watch::Sender::new(0),
        };
        let url = format!("{base}/api/v1/ledger/{}/events", peer.site);
        listen::start(
            listening.into(),
            url,
            peer.authorization.clone(),
            peer.hints.clone(),
        );
        Ok(peer)
    }

    async fn get(&self, path: String, size_bytes_max: u64) -> Result<Answer, SourceError> {
        let (agent, authorization) = (self.agent.clone(), self.authorization.clone());
        let url = format!("{}{path}", self.base);
        let asked = tokio::task::spawn_blocking(move || {
            let mut response = agent
                .get(&url)
                .header("authorization", &*authorization)
                .call()
                .map_err(|e| SourceError::Away(format!("{url} does not answer: {e}")))?;
            let status = response.status().as_u16();
            let body = response
                .body_mut()
                .with_config()
                .limit(size_bytes_max)
                .read_to_vec()
                .map_err(|e| SourceError::Away(format!("the answer of {url} broke off: {e}")))?;
            Ok(Answer { url, status, body })
        });
        asked.await.map_err(|e| SourceError::Away(e.to_string()))?
    }
}

fn tls(settings: &PeerSettings) -> Result<ureq::tls::TlsConfig, String> {
    let builder = ureq::tls::TlsConfig::builder();
    let Some(path) = &settings.ca_file else {
        return Ok(builder.build());
    };
    let pem = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let mut certificates = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(e) => return Err(format!("{} is not PEM: {e}", path.display())),
        }
    }
    if certificates.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    let roots = ureq::tls::RootCerts::new_with_certs(&certificates);
    Ok(builder.root_certs(roots).build())
}

/// What came back.
struct Answer {
    url: String,
    status: u16,
    body: Vec<u8>,
}

/// A problem as the interface tells it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ProblemBody {
    code: String,
    detail: String,
    details: Vec<String>,
}

impl Answer {
    /// The body of a success; `None` if the other site says that there is no such thing.
    fn found(self) -> Result<Option<Vec<u8>>, SourceError> {
        if self.status == 200 {
            return Ok(Some(self.body));
        }
        let told: ProblemBody = serde_json::from_slice(&self.body).unwrap_or_default();
        let (url, status) = (self.url, self.status);
        match (status, told.code.as_str()) {
            (404, "not_found") => Ok(None),
            (404, _) => Err(SourceError::Newer(format!(
                "there is nothing at {url}: its program is of another age than ours"
            ))),
            (401 | 403, code) => Err(SourceError::Refused(format!(
                "the other site refuses our token ({code}): {} {}",
                told.detail,
                told.details.join(" ")
            ))),
            (_, code) => Err(SourceError::Away(format!(
                "{url} answers {status} {code} {}",
                told.detail
            ))),
        }
    }

    fn body(self) -> Result<Vec<u8>, SourceError> {
        let url = self.url.clone();
        let gone = || SourceError::Away(format!("{url}: not there (yet)"));
        self.found()?.ok_or_else(gone)
    }
}

#[derive(Deserialize)]
struct Proof {
    hashes: Vec<Digest>,
}

impl Source for Peer {
    fn site(&self) -> &SiteName {
        &self.site
    }

    async fn checkpoint(&self, of: &SiteName) -> Result<Option<String>, SourceError> {
        let path = format!("/api/v1/ledger/{of}/checkpoint");
        let answer = self.get(path, SMALL_SIZE_BYTES_MAX).await?;
        let Some(body) = answer.found()? else {
            return Ok(None);
        };
        let text = String::from_utf8(body);
        text.map(Some)
            .map_err(|_| SourceError::Newer("its checkpoint is no text".into()))
    }

    async fn proof(&self, from: u64, to: u64) -> Result<Vec<Digest>, SourceError> {
        let site = &self.site;
        let path = format!("/api/v1/ledger/{site}/consistency?from={from}&to={to}");
        let body = self.get(path, SMALL_SIZE_BYTES_MAX).await?.body()?;
        let proof: Proof = serde_json::from_slice(&body)
            .map_err(|e| SourceError::Newer(format!("its proof is not readable: {e}")))?;
        Ok(proof.hashes)
    }

    async fn entries(
        &self,
        of: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, SourceError> {
        let path = format!("/api/v1/ledger/{of}/lines?after={after}&limit={limit}");
        let body = self.get(path, PAGE_SIZE_BYTES_MAX).await?.body()?;
        let text = String::from_utf8(body)
            .map_err(|_| SourceError::Newer("its page of entries is no text".into()))?;
        // Which entry a line really holds is judged from its bytes.
        let line = |(seq, line): (u64, &str)| Some((seq, entry_of(line)?.to_owned()));
        let entries: Option<Vec<_>> = (after + 1..).zip(text.lines()).map(line).collect();
        entries.ok_or_else(|| {
            SourceError::Newer("a line of its page of entries has another form".into())
        })
    }

    async fn content(&self, digest: &Digest) -> Result<Option<Bytes>, SourceError> {
        let path = format!("/api/v1/contents/{digest}");
        let answer = self.get(path, CONTENT_SIZE_BYTES_MAX).await?;
        Ok(answer.found()?.map(Bytes::from))
    }

    async fn accounts(&self, since: i64, key: &PublicKey) -> Result<Option<Sealed>, SourceError> {
        let PublicKey {
            site,
            key,
            signature,
        } = key;
        let path = format!(
            "/api/v1/accounts/sealed?since={since}&site={site}&key={key}&signature={signature}"
        );
        let answer = self.get(path, PAGE_SIZE_BYTES_MAX).await?;
        match answer.status {
            204 => return Ok(None),
            404 => {
                let older = format!("{} gives no accounts: its program is older", answer.url);
                return Err(SourceError::Refused(older));
            }
            _ => {}
        }
        let body = answer.body()?;
        serde_json::from_slice(&body)
            .map(Some)
            .map_err(|e| SourceError::Newer(format!("its accounts are not readable: {e}")))
    }

    fn hints(&self) -> watch::Receiver<u64> {
        self.hints.subscribe()
    }
}

/// The entry's bytes in a line `{"hash":"<64 digits>","entry":<bytes>}`.
fn entry_of(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("{\"hash\":\"")?;
    let (_, rest) = rest.split_at_checked(64)?;
    rest.strip_prefix("\",\"entry\":")?.strip_suffix('}')
}
