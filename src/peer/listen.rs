//! Listens to another site's events, so that news travel at once. Only hints: whoever misses one asks again anyway.

use std::io::BufRead as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// The pause before connecting again.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after the other site refused: it is not asked all the time.
const REFUSED_PAUSE: Duration = Duration::from_secs(15);
/// A longer line is none of ours.
const LINE_SIZE_BYTES_MAX: u64 = 4_096;

/// Listens in a thread of its own until nobody wants hints any more.
pub(super) fn start(
    agent: ureq::Agent,
    url: String,
    authorization: Arc<str>,
    hints: watch::Sender<u64>,
) {
    let thread = std::thread::Builder::new().name("peer-events".into());
    let work = move || {
        while hints.receiver_count() > 0 || !was_asked(&hints) {
            let pause = match listen(&agent, &url, &authorization, &hints) {
                true => PAUSE,
                false => REFUSED_PAUSE,
            };
            std::thread::sleep(pause);
        }
    };
    if let Err(error) = thread.spawn(work) {
        tracing::warn!(%error, "events of the other site are not listened to");
    }
}

/// Before anybody subscribed the thread must not end.
fn was_asked(hints: &watch::Sender<u64>) -> bool {
    *hints.borrow() > 0
}

/// Listens until the stream ends; false if the other site does not let us.
fn listen(agent: &ureq::Agent, url: &str, authorization: &str, hints: &watch::Sender<u64>) -> bool {
    let response = agent.get(url).header("authorization", authorization).call();
    let Ok(mut response) = response else {
        return true;
    };
    if response.status().as_u16() != 200 {
        return false;
    }
    let reader = response.body_mut().with_config().limit(u64::MAX).reader();
    let mut reader = std::io::BufReader::with_capacity(1_024, reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = std::io::Read::take(&mut reader, LINE_SIZE_BYTES_MAX);
        match bounded.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return true,
            Ok(_) if line.starts_with(b"data:") => {
                hints.send_modify(|count| *count += 1);
                if hints.receiver_count() == 0 {
                    return true;
                }
            }
            Ok(_) => {}
        }
    }
}
