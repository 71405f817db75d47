//! Writes an export of many entries to standard output, to measure `rulegate verify` with:
//!
//! ```text
//! cargo run --profile dist --example write_export -- 1000000 20 > target/million.ndjson
//! time target/dist/rulegate verify target/million.ndjson
//! ```
//!
//! The second number says after how many entries a checkpoint stands. The key is made of zeros and good for nothing.

use std::io::Write as _;

use rulegate_ledger::checkpoint::{Origin, SigningKey};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{Event, Fact, ReviewCommented};
use rulegate_ledger::ids::{EntryRef, ReviewId, SiteName, Timestamp};
use rulegate_ledger::ledger::{Entry, Head};
use rulegate_ledger::merkle::Frontier;
use rulegate_ledger::verify;
use sha2::Digest as _;

fn main() -> std::io::Result<()> {
    let number = |at: usize, otherwise: u64| {
        std::env::args()
            .nth(at)
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    let (entries, checkpoint_every) = (number(1, 1_000_000), number(2, 20).max(1));
    let site: SiteName = "ipc2".parse().expect("a name");
    let key = SigningKey::new(
        Origin::of("example.org/measured", &site).expect("an origin"),
        &[0; 32],
    );
    let mut out = std::io::BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut sum = sha2::Sha256::new();
    let mut put = |mut line: String| {
        line.push('\n');
        sum.update(line.as_bytes());
        out.write_all(line.as_bytes())
    };
    put(verify::first_line(&site, entries, Some(&key.verifier())))?;
    let (mut head, mut frontier, mut checkpoints) = (Head::EMPTY, Frontier::default(), 0);
    for seq in 1..=entries {
        let entry = Entry {
            at_entry: EntryRef {
                site: site.clone(),
                seq,
            },
            at: Timestamp(1_763_720_000_000_000 + seq as i64 * 1_000),
            actor: "0195555a-0000-7000-9000-000000000001"
                .parse()
                .expect("an id"),
            command: format!("0195555a-0000-7000-8000-{seq:012}")
                .parse()
                .expect("an id"),
            fact: Fact {
                ruleset: Some("owasp-crs".parse().expect("a name")),
                lane: Some("prod".parse().expect("a name")),
                event: Event::ReviewCommented(ReviewCommented {
                    review: ReviewId {
                        site: site.clone(),
                        seq: 1,
                    },
                    text: format!(
                        "looked at rule {seq}: the change of the pattern is the one asked for, nothing else moved"
                    ),
                }),
            },
            prev: head.hash,
        };
        let sealed = entry.seal(true);
        head = Head {
            seq,
            hash: sealed.hash,
            at: sealed.at,
        };
        frontier.push(sealed.bytes.as_bytes());
        let (hash, bytes) = (sealed.hash, &sealed.bytes);
        put(format!("{{\"hash\":\"{hash}\",\"entry\":{bytes}}}"))?;
        if seq % checkpoint_every == 0 || seq == entries {
            checkpoints += 1;
            put(verify::checkpoint_line(&key.sign(seq, frontier.root())))?;
        }
    }
    let sha256 = Digest(sum.clone().finalize().into());
    let counts = (entries, 0, checkpoints);
    writeln!(out, "{}", verify::end_line(counts, head.hash, sha256))?;
    out.flush()
}
