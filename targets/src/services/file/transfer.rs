//! Files on their way: a download's, read piece by piece; an upload's, written as it comes.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use md5::{Digest, Md5};

use crate::digest;
use crate::folder::Partial;

/// The size of a piece in bytes: what a transfer of any size holds in memory.
const PIECE: u64 = 256 << 10;

/// A file, or its beginning, whose digest is made piece by piece.
pub(super) struct Digested {
    pub(super) file: File,
    pub(super) size: u64,
    at: u64,
    md5: Md5,
}

impl Digested {
    pub(super) fn new(file: File, size: u64) -> Self {
        Self {
            file,
            size,
            at: 0,
            md5: Md5::new(),
        }
    }

    /// Reads one more piece. True at the end.
    ///
    /// # Errors
    /// It cannot be read, or has become shorter meanwhile.
    pub(super) fn more(&mut self) -> io::Result<bool> {
        if self.at < self.size {
            let piece = piece(&self.file, self.at, self.size)?;
            self.md5.update(&piece);
            self.at += piece.len() as u64;
        }
        Ok(self.at == self.size)
    }

    pub(super) fn finish(self) -> (File, Md5) {
        (self.file, self.md5)
    }
}

/// The next piece of a file, never empty.
///
/// # Errors
/// It cannot be read, or ends here.
pub(super) fn piece(file: &File, at: u64, end: u64) -> io::Result<Vec<u8>> {
    let size = usize::try_from((end - at).min(PIECE)).unwrap_or(0);
    let mut bytes = vec![0; size];
    let read = loop {
        match file.read_at(&mut bytes, at) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if read == 0 {
        return Err(io::Error::other("it became shorter while it was read"));
    }
    bytes.truncate(read);
    Ok(bytes)
}

/// What is left of a download.
pub(super) struct Download {
    pub(super) file: File,
    pub(super) at: u64,
    pub(super) size: u64,
}

/// An upload that is under way.
pub(super) struct Upload {
    pub(super) partial: Partial,
    pub(super) md5: Md5,
    /// What the digest must be, in lower case.
    pub(super) expected: String,
    /// Where the next byte goes.
    pub(super) at: u64,
    /// Bytes that are still to come.
    pub(super) left: u64,
    pub(super) _claim: Claim,
}

impl Upload {
    /// # Errors
    /// The system's reason, such as a full disk.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.partial.file.write_all_at(bytes, self.at)?;
        self.md5.update(bytes);
        self.at += bytes.len() as u64;
        self.left -= bytes.len() as u64;
        Ok(())
    }

    /// # Errors
    /// The digest is another one: the text names both.
    pub(super) fn verify(&self) -> Result<(), String> {
        let is = digest::finish(self.md5.clone());
        if is == self.expected {
            return Ok(());
        }
        let said: String = self.expected.chars().take(40).collect();
        Err(format!("the file's md5 is {is}, the header says {said}"))
    }
}

/// The names that are being uploaded, over all connections.
#[derive(Clone, Default)]
pub(super) struct Claims(Arc<Mutex<HashSet<String>>>);

impl Claims {
    /// Claims a name, until the claim is dropped. `None` if another upload has it.
    pub(super) fn take(&self, name: &str) -> Option<Claim> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned()).then(|| Claim {
            claims: self.clone(),
            name: name.to_owned(),
        })
    }
}

/// A name that one upload has.
pub(super) struct Claim {
    claims: Claims,
    name: String,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut names = self.claims.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.remove(&self.name);
    }
}
