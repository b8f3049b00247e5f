//! What a program writes to stdout and stderr: always drained, kept within bounds.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The last bytes that a program wrote, and how many it wrote in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The last bytes of stdout.
    pub stdout: Vec<u8>,
    /// The last bytes of stderr.
    pub stderr: Vec<u8>,
    /// Bytes written to stdout in all.
    pub stdout_bytes: u64,
    /// Bytes written to stderr in all.
    pub stderr_bytes: u64,
}

/// One stream that a thread drains.
#[derive(Debug)]
pub(crate) struct Drain {
    shared: Arc<(Mutex<Kept>, Condvar)>,
}

#[derive(Debug, Default)]
struct Kept {
    tail: VecDeque<u8>,
    total: u64,
    ended: bool,
}

impl Drain {
    /// Drains `from` until it ends, so that the writer never waits.
    pub(crate) fn start(
        name: &str,
        mut from: impl Read + Send + 'static,
        limit: usize,
    ) -> io::Result<Self> {
        let shared = Arc::new((Mutex::new(Kept::default()), Condvar::new()));
        let drained = Arc::clone(&shared);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let mut buf = vec![0; 16 * 1024];
                loop {
                    let got = match from.read(&mut buf) {
                        Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                        Ok(0) | Err(_) => None,
                        Ok(n) => Some(&buf[..n]),
                    };
                    let mut kept = lock(&drained.0);
                    match got {
                        Some(bytes) => kept.push(bytes, limit),
                        None => kept.ended = true,
                    }
                    drained.1.notify_all();
                    if got.is_none() {
                        return;
                    }
                }
            })?;
        Ok(Self { shared })
    }

    /// The last bytes, and how many there were.
    pub(crate) fn kept(&self) -> (Vec<u8>, u64) {
        let kept = lock(&self.shared.0);
        (kept.tail.iter().copied().collect(), kept.total)
    }

    /// Waits until every writer has closed its end.
    pub(crate) fn wait_for_end(&self, deadline: Instant) {
        let mut kept = lock(&self.shared.0);
        while !kept.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            kept = wait(&self.shared.1, kept, left);
        }
    }

    /// Waits for a whole line, without its end, that `wanted` accepts: the first of those that
    /// are kept, or one to come. `None` at the deadline, or if the output ended without it.
    pub(crate) fn line(
        &self,
        wanted: &mut dyn FnMut(&str) -> bool,
        deadline: Instant,
    ) -> Option<String> {
        let mut kept = lock(&self.shared.0);
        // Counted from the beginning of the output: what was looked at is not looked at again.
        let mut seen = 0_u64;
        loop {
            let first = kept.total - kept.tail.len() as u64;
            let skip = usize::try_from(seen.saturating_sub(first)).unwrap_or(usize::MAX);
            let mut line = Vec::new();
            let mut at = seen.max(first);
            for byte in kept.tail.iter().skip(skip) {
                at += 1;
                if *byte != b'\n' {
                    line.push(*byte);
                    continue;
                }
                seen = at;
                let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line));
                if wanted(&text) {
                    return Some(text.into_owned());
                }
                line.clear();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if kept.ended || left.is_zero() {
                return None;
            }
            kept = wait(&self.shared.1, kept, left);
        }
    }
}

impl Kept {
    fn push(&mut self, bytes: &[u8], limit: usize) {
        self.total += bytes.len() as u64;
        let bytes = &bytes[bytes.len().saturating_sub(limit)..];
        let surplus = (self.tail.len() + bytes.len()).saturating_sub(limit);
        self.tail.drain(..surplus);
        self.tail.extend(bytes);
    }
}

/// Whoever panicked while it held the lock left the bytes as they were.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(
    changed: &Condvar,
    guard: MutexGuard<'a, T>,
    left: std::time::Duration,
) -> MutexGuard<'a, T> {
    changed
        .wait_timeout(guard, left)
        .unwrap_or_else(PoisonError::into_inner)
        .0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn only_the_last_bytes_are_kept_and_all_are_counted() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let drain = Drain::start("test", reader, 10).unwrap();
        for chunk in [&b"0123456"[..], b"789ab", &[b'x'; 100_000], b"the end"] {
            writer.write_all(chunk).unwrap();
        }
        drop(writer);
        drain.wait_for_end(soon());
        assert_eq!(drain.kept(), (b"xxxthe end".to_vec(), 100_019));
    }

    #[test]
    fn a_line_is_waited_for() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let drain = Drain::start("test", reader, 1000).unwrap();
        writer.write_all(b"starting\nlistening on 7").unwrap();
        let half = drain.line(
            &mut |l| l.starts_with("listening"),
            Instant::now() + Duration::from_millis(20),
        );
        assert_eq!(half, None);
        writer.write_all(b"000\r\n").unwrap();
        let whole = drain.line(&mut |l| l.starts_with("listening"), soon());
        assert_eq!(whole.as_deref(), Some("listening on 7000"));
        drop(writer);
        assert_eq!(drain.line(&mut |l| l == "never", soon()), None);
    }
}
