//! The command line of a target: templates filled, programs found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use harness_net::{Endpoint, Launch};
use harness_targets::{KEY_VARIABLE, TEST_KEY};
use sha2::{Digest as _, Sha256};

use crate::scenario::model::{Builtin, Origin, Profile, StartCommand};

/// Output kept of a target, each of stdout and stderr, in bytes.
const OUTPUT: usize = 64 << 10;

/// The launch of a reference server or client; nothing for other targets.
pub(super) fn builtin_launch(origin: &Origin, launcher: &Path, endpoint: &Endpoint) -> Launch {
    let (command, name, where_to, fault) = match origin {
        Origin::Builtin(b) => ("serve", &b.server, "--listen", &b.fault),
        Origin::Client(c) => ("client", &c.client, "--connect", &c.fault),
        Origin::Start(_) | Origin::Connect(_) | Origin::None => {
            return launch(Vec::new(), launcher);
        }
    };
    let mut argv = vec![launcher.display().to_string()];
    argv.extend([command, name, where_to].map(str::to_owned));
    argv.push(endpoint.to_string());
    if let Some(fault) = fault {
        argv.extend(["--fault".to_owned(), fault.clone()]);
    }
    match origin {
        Origin::Builtin(builtin) => argv.extend(server_options(builtin)),
        Origin::Client(client) => argv.extend_from_slice(&client.args),
        Origin::Start(_) | Origin::Connect(_) | Origin::None => {}
    }
    Launch {
        // Servers that ask no client for a key do not look at it.
        env: vec![(KEY_VARIABLE.to_owned(), TEST_KEY.to_owned())],
        ..launch(argv, launcher)
    }
}

fn server_options(builtin: &Builtin) -> Vec<String> {
    let mut argv = Vec::new();
    if let Some(model) = &builtin.model {
        argv.extend(["--model".to_owned(), model.clone()]);
    }
    if let Some(most) = builtin.descriptors {
        argv.extend(["--descriptors".to_owned(), most.to_string()]);
    }
    argv.extend(["--digest".to_owned(), builtin.digest.name().to_owned()]);
    if let Some(root) = &builtin.root {
        argv.extend(["--root".to_owned(), root.display().to_string()]);
    }
    argv
}

/// True for a reference server that makes a temporary folder for itself.
pub(super) fn makes_folder(origin: &Origin) -> bool {
    let Origin::Builtin(builtin) = origin else {
        return false;
    };
    let serves_files = harness_targets::find(&builtin.server).is_ok_and(|s| s.serves_files());
    serves_files && builtin.root.is_none()
}

fn launch(argv: Vec<String>, launcher: &Path) -> Launch {
    Launch {
        argv,
        env: Vec::new(),
        dir: None,
        launcher: launcher.to_owned(),
        output_limit: OUTPUT,
    }
}

pub(super) fn command_launch(
    command: &StartCommand,
    profile: &Profile,
    launcher: &Path,
    endpoint: &Endpoint,
) -> Launch {
    let fill = |text: &str| fill(text, endpoint);
    Launch {
        env: command
            .env
            .iter()
            .map(|(name, value)| (name.clone(), fill(value)))
            .collect(),
        // A profile's programs and files lie beside it.
        dir: command.dir.clone().or_else(|| folder(&profile.at.file)),
        ..launch(command.argv.iter().map(|a| fill(a)).collect(), launcher)
    }
}

/// The folder of a file; `None` for the current one, whose name would be empty.
fn folder(file: &Path) -> Option<PathBuf> {
    file.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .map(Path::to_owned)
}

/// Puts the address into `{port}`, `{host}` and `{path}`.
fn fill(text: &str, endpoint: &Endpoint) -> String {
    let mut text = text.to_owned();
    if let Some(address) = endpoint.socket_addr() {
        text = text.replace("{port}", &address.port().to_string());
        text = text.replace("{host}", &address.ip().to_string());
    }
    if let Some(name) = endpoint.unix_addr() {
        text = text.replace("{path}", &name.to_string());
    }
    text
}

pub(super) fn command_line(launch: &Launch) -> String {
    launch.argv.join(" ")
}

/// Where a program is: by its path, or through PATH.
pub fn program(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|p| p.is_file());
    }
    let dirs = std::env::var_os("PATH")?;
    std::env::split_paths(&dirs)
        .map(|d| d.join(name))
        .find(|p| p.is_file())
}

/// SHA-256 of a program file. Each case starts a target, so that a file is read again only after it
/// changed.
pub(super) fn binary_digest(name: &str) -> Option<String> {
    type Key = (PathBuf, u64, Option<SystemTime>);
    static KNOWN: Mutex<BTreeMap<Key, String>> = Mutex::new(BTreeMap::new());
    let path = program(name)?;
    let file = std::fs::metadata(&path).ok()?;
    let key = (path, file.len(), file.modified().ok());
    // Held while the file is read: cases that start side by side want the same one.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(digest) = known.get(&key) {
        return Some(digest.clone());
    }
    let bytes = std::fs::read(&key.0).ok()?;
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    known.insert(key, digest.clone());
    Some(digest)
}
