//! The samples under `tests/data/valid` hold every key of the language; what they mean is known.

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::scenario::model::{
    Capability, CloseHow, Condition, DeliverySpec, Level, Metric, Need, Op, Origin, Ready,
    RecvExpect, Reply, Reset, SendData, StepKind,
};
use harness::scenario::{find, load};
use harness_net::{Endpoint, TcpState, Transport};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/valid").join(name)
}

fn document(name: &str) -> harness::scenario::model::Document {
    load(&data(name)).unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

#[test]
fn every_sample_is_valid() {
    let files = find(&[data("")]).unwrap();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        if let Err(errors) = load(&file) {
            panic!("{}", errors.render(false));
        }
    }
}
