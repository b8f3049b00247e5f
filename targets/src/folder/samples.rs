//! Files of every kind to be served, and one beside them that must not be.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// Size of the file `large` in bytes: more than a piece of a transfer.
const LARGE: usize = 300_000;

/// Makes the folder `served` in this one, and what lies beside it.
pub(super) fn make(within: &Path) -> io::Result<PathBuf> {
    let served = within.join("served");
    std::fs::create_dir_all(served.join("folder"))?;
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(2048).collect();
    let letters: Vec<u8> = (b'a'..=b'z').cycle().take(LARGE).collect();
    for (name, content) in [
        ("../secret.txt", &b"not to be served\n"[..]),
        ("hello.txt", b"hello, file\n"),
        ("empty", b""),
        ("every-byte", &bytes),
        ("large", &letters),
        ("naïve 文件 \"\\\n.txt", b"any name\n"),
        ("folder/inner.txt", b"inside\n"),
    ] {
        std::fs::write(served.join(name), content)?;
    }
    symlink("../secret.txt", served.join("link.txt"))?;
    symlink("..", served.join("way-out"))?;
    mkfifo(&served.join("pipe"), Mode::from_bits_truncate(0o600))?;
    Ok(served)
}
