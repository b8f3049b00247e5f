//! The folder that a server serves: no name reaches a file outside of it.
//!
//! A name is walked part by part with openat(2) and O_NOFOLLOW, from a descriptor of the folder
//! that was opened once. There is no moment between a check and a use: what a client, or anybody
//! else, puts in the way meanwhile is refused by the kernel. Symbolic links are never followed,
//! also those that stay inside.

mod samples;

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};
use tempfile::TempDir;

/// What the name of an upload that is under way ends with.
const PARTIAL: &str = ".part";

/// A folder and what a client may do in it.
pub(crate) struct Folder {
    dir: OwnedFd,
    path: PathBuf,
    lax: Lax,
    /// Removes a temporary folder.
    temporary: Option<TempDir>,
}

/// A check that a planted fault leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lax {
    No,
    /// Serves absolute paths.
    Absolute,
    /// Follows `..`.
    DotDot,
    /// Follows symbolic links.
    Links,
    /// Serves what is no regular file.
    Special,
}

impl Folder {
    /// An existing folder.
    ///
    /// # Errors
    /// The path names none, or it cannot be opened.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let dir = nix::fcntl::open(path, FOLDER, Mode::empty())?;
        Ok(Self {
            dir,
            path: path.canonicalize()?,
            lax: Lax::No,
            temporary: None,
        })
    }

    /// A temporary folder with samples.
    ///
    /// # Errors
    /// It cannot be made where temporary files are kept.
    pub(crate) fn samples() -> io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("harness-").tempdir()?;
        let served = samples::make(temporary.path())?;
        Ok(Self {
            temporary: Some(temporary),
            ..Self::open(&served)?
        })
    }

    /// What removes a temporary folder when it is dropped: its owner outlives every session.
    pub(crate) fn take_temporary(&mut self) -> Option<TempDir> {
        self.temporary.take()
    }

    /// The same, without one of its checks.
    pub(crate) fn lax(mut self, lax: Lax) -> Self {
        self.lax = lax;
        self
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file to read.
    ///
    /// # Errors
    /// The name leaves the folder, or names no regular file: the text says why.
    pub(crate) fn read(&self, name: &str) -> Result<File, String> {
        let place = self.place(name)?;
        place.open(name, &place.last, OFlag::O_RDONLY)
    }

    /// Where a name's file is, or would be.
    fn place(&self, name: &str) -> Result<Place, String> {
        if name.contains('\0') {
            return Err(format!("{name:?}: a name has no NUL byte"));
        }
        let outside = match self.lax {
            Lax::Absolute => name.starts_with('/'),
            Lax::DotDot => name.split('/').any(|p| p == ".."),
            _ => false,
        };
        let (start, name) = match outside.then(|| self.path.join(name)) {
            Some(path) => {
                let parent = path.parent().unwrap_or(&path);
                let start = nix::fcntl::open(parent, FOLDER, Mode::empty());
                let last = path.file_name().unwrap_or_default().to_string_lossy();
                (start.map_err(io::Error::from), last.into_owned())
            }
            None => (self.dir.try_clone(), name.to_owned()),
        };
        let mut dir = start.map_err(|e| told(&name, &e))?;
        let mut parts: Vec<&str> = name.split('/').collect();
        if let Some(part) = parts.iter().find(|p| matches!(**p, "" | "." | "..")) {
            return Err(match *part {
                "" if name.starts_with('/') => format!("{name:?}: absolute paths are not served"),
                "" => format!("{name:?}: a part of the name is empty"),
                part => format!("{name:?}: `{part}` is not a name here"),
            });
        }
        let last = parts.pop().unwrap_or_default().to_owned();
        let flags = FOLDER | self.no_follow();
        for part in parts {
            dir = openat(&dir, part, flags, Mode::empty()).map_err(|e| told(&name, &e.into()))?;
        }
        Ok(Place {
            dir,
            last,
            no_follow: self.no_follow(),
            special: self.lax == Lax::Special,
        })
    }

    fn no_follow(&self) -> OFlag {
        match self.lax {
            Lax::Links => OFlag::empty(),
            _ => OFlag::O_NOFOLLOW,
        }
    }

    /// Opens the unfinished upload of a name, with as many bytes kept of an earlier one.
    ///
    /// # Errors
    /// The name leaves the folder or is not one for uploads, or fewer bytes are there.
    pub(crate) fn partial(&self, name: &str, keep: u64) -> Result<Partial, Unkept> {
        let other = |why| Unkept { why, kept: None };
        if name.ends_with(PARTIAL) {
            let why = format!("{name:?}: names in {PARTIAL} are those of unfinished uploads");
            return Err(other(why));
        }
        let place = self.place(name).map_err(other)?;
        let partial = format!("{}{PARTIAL}", place.last);
        let flags = OFlag::O_RDWR | OFlag::O_CREAT;
        let file = place.open(name, &partial, flags).map_err(other)?;
        let failed = |e: io::Error| other(told(name, &e));
        let kept = file.metadata().map_err(failed)?.len();
        if keep > kept {
            let why = format!("{name:?}: {kept} bytes of an earlier upload are kept, not {keep}");
            return Err(Unkept {
                why,
                kept: Some(kept),
            });
        }
        file.set_len(keep).map_err(failed)?;
        Ok(Partial {
            place,
            name: partial,
            file,
        })
    }
}

/// Why an upload cannot begin.
#[derive(Debug)]
pub(crate) struct Unkept {
    pub(crate) why: String,
    /// How many bytes of an earlier upload are there, where fewer are than were counted on.
    pub(crate) kept: Option<u64>,
}

const FOLDER: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_CLOEXEC);

/// A folder below the one that is served, and a name in it.
struct Place {
    dir: OwnedFd,
    last: String,
    no_follow: OFlag,
    special: bool,
}

impl Place {
    fn open(&self, told_as: &str, name: &str, flags: OFlag) -> Result<File, String> {
        // Nonblocking: opening a named pipe would wait for its other end.
        let flags = flags | self.no_follow | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(0o644);
        let file = openat(&self.dir, name, flags, mode).map_err(|e| told(told_as, &e.into()))?;
        let file = File::from(file);
        match file.metadata() {
            Ok(is) if is.is_file() || self.special => Ok(file),
            Ok(_) => Err(format!("{told_as:?}: not a regular file")),
            Err(e) => Err(told(told_as, &e)),
        }
    }
}

/// A failure of a system call, in words for the client.
fn told(name: &str, error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT) => format!("{name:?}: no such file"),
        Some(Errno::ELOOP) => format!("{name:?}: symbolic links are not followed"),
        // A link among the folders of a name: O_DIRECTORY is tested first.
        Some(Errno::ENOTDIR) => format!("{name:?}: a part of the name is no folder"),
        _ => format!("{name:?}: {error}"),
    }
}

/// An upload that is under way: a file of its own, which takes the name's place when it is whole.
pub(crate) struct Partial {
    place: Place,
    name: String,
    pub(crate) file: File,
}

impl Partial {
    /// Gives it its name, over a file that has that name: at once, or not at all (rename(2)).
    ///
    /// # Errors
    /// The system's reason, such as a folder of that name.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let Place { dir, last, .. } = &self.place;
        Ok(renameat(dir, self.name.as_str(), dir, last.as_str())?)
    }

    /// Removes it.
    pub(crate) fn discard(&self) {
        // Fails only where somebody else has removed it.
        let _ = unlinkat(
            &self.place.dir,
            self.name.as_str(),
            UnlinkatFlags::NoRemoveDir,
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn names_inside_are_read_and_all_others_refused() {
        let folder = Folder::samples().unwrap();
        let mut text = String::new();
        let mut inner = folder.read("folder/inner.txt").unwrap();
        inner.read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside\n");
        assert!(folder.read("naïve 文件 \"\\\n.txt").is_ok());
        for (name, why) in [
            ("", "is empty"),
            ("missing", "no such file"),
            ("folder/missing", "no such file"),
            ("hello.txt/x", "is no folder"),
            ("/etc/passwd", "absolute paths"),
            ("../secret.txt", "`..` is not a name"),
            ("folder/../../secret.txt", "`..` is not a name"),
            ("./hello.txt", "`.` is not a name"),
            ("folder//inner.txt", "is empty"),
            ("folder", "not a regular file"),
            ("folder/", "is empty"),
            ("pipe", "not a regular file"),
            ("link.txt", "symbolic links"),
            ("way-out/secret.txt", "no folder"),
            ("hello.txt\0x", "no NUL byte"),
        ] {
            let error = folder.read(name).unwrap_err();
            assert!(error.contains(why), "{name:?}: {error}");
            if !["missing", "folder/missing", "folder", "pipe", "link.txt"].contains(&name) {
                let error = folder.partial(name, 0).map(|_| ()).unwrap_err().why;
                assert!(error.contains(why), "{name:?}: {error}");
            }
        }
        let long = "x".repeat(300);
        assert!(folder.read(&long).unwrap_err().contains("too long"));
    }

    #[test]
    fn an_upload_takes_its_place_when_it_is_whole() {
        let folder = Folder::samples().unwrap();
        let first = folder.partial("hello.txt", 0).unwrap();
        (&first.file).write_all(b"new").unwrap();
        let at = |name: &str| std::fs::read(folder.path().join(name));
        assert_eq!(at("hello.txt").unwrap(), b"hello, file\n");
        let unkept = folder.partial("hello.txt", 4).map(|_| ()).unwrap_err();
        assert_eq!(unkept.kept, Some(3));
        folder.partial("hello.txt", 2).unwrap().finish().unwrap();
        assert_eq!(at("hello.txt").unwrap(), b"ne");
        assert!(at("hello.txt.part").is_err());
        assert!(folder.partial("x.part", 0).is_err());
        // A link in the name's place is replaced, not followed.
        folder.partial("link.txt", 0).unwrap().finish().unwrap();
        assert_eq!(at("link.txt").unwrap(), b"");
        assert_eq!(at("../secret.txt").unwrap(), b"not to be served\n");
        assert!(folder.partial("folder", 0).unwrap().finish().is_err());
        folder.partial("new", 0).unwrap().discard();
        assert!(at("new.part").is_err());
    }
}
