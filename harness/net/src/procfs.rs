//! Reading /proc: states, parents and figures of processes (proc(5)).

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

/// The state letter of a `stat` file. The name before it may contain anything, so that it is
/// found behind the last parenthesis.
pub(crate) fn state(stat: &Path, buf: &mut Vec<u8>) -> io::Result<Option<u8>> {
    read(stat, buf)?;
    Ok(fields(buf).and_then(|mut f| f.next()?.first().copied()))
}

/// Reads a whole file of /proc into a buffer that is used again.
pub(crate) fn read(path: &Path, buf: &mut Vec<u8>) -> io::Result<()> {
    buf.clear();
    fs::File::open(path)?.read_to_end(buf).map(drop)
}

/// The fields of a `stat` file from the state on, which is field 3 of proc_pid_stat(5).
pub(crate) fn fields(stat: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let end = stat.iter().rposition(|b| *b == b')')?;
    let rest = stat.get(end + 2..)?;
    Some(rest.split(|b| *b == b' '))
}

/// True if a process or thread ended while it was read.
pub(crate) fn is_gone(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ESRCH)
}
