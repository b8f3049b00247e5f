//! The shipped suite: scenarios without a protocol, built into the program, so that an installed
//! one has them for every profile.

use std::path::Path;
use std::sync::Arc;

use crate::scenario::model::{Document, Profile};
use crate::scenario::{self, Diagnostics};

/// The files of `scenarios/suite`, as they were when the program was built.
const FILES: [(&str, &str); 4] = [
    (
        "suite/framing.yaml",
        include_str!("../../scenarios/suite/framing.yaml"),
    ),
    (
        "suite/disconnects.yaml",
        include_str!("../../scenarios/suite/disconnects.yaml"),
    ),
    (
        "suite/peers.yaml",
        include_str!("../../scenarios/suite/peers.yaml"),
    ),
    (
        "suite/restart.yaml",
        include_str!("../../scenarios/suite/restart.yaml"),
    ),
];

/// The name of the folder in which the suite stands among the scenarios. Its files need a target,
/// so that it is passed over unless it is named itself.
pub const FOLDER: &str = "suite";

/// The suite against this target.
///
/// # Errors
/// A file of the suite is wrong; a test keeps that from happening.
pub fn against(profile: &Arc<Profile>) -> Result<Vec<Document>, Diagnostics> {
    let one = |(path, text): &(&str, &str)| {
        let mut document = scenario::parse(Path::new(path), text)?;
        for scenario in &mut document.scenarios {
            scenario.target = Some(Arc::clone(profile));
            for case in &mut scenario.cases {
                case.shipped = true;
            }
        }
        Ok(document)
    };
    FILES.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/suite");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| format!("suite/{}", e.unwrap().file_name().into_string().unwrap()))
            .collect();
        there.sort();
        let mut built: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        built.sort_unstable();
        assert_eq!(there, built);
    }

    #[test]
    fn every_file_is_right_and_names_no_target() {
        for (path, text) in FILES {
            let document = scenario::parse(Path::new(path), text).unwrap();
            assert!(document.profiles.is_empty(), "{path}");
            for scenario in &document.scenarios {
                assert!(scenario.target.is_none(), "{path}");
                assert!(scenario.cases.iter().all(|c| c.target.is_none()), "{path}");
            }
        }
    }
}
