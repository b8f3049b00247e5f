//! Answers that show the faults of the `udp` client.

use crate::tests::clients::Event::{Read, Silence};
use crate::tests::clients::Shown;

pub(super) const SHOWN: &[Shown] = &[
    Shown {
        fault: "reads_one_byte",
        pipeline: false,
        events: &[Read(b"one"), Read(b"TWO")],
        right: "one\\nTWO\\n Done",
        wrong: "o\\nn\\n Done",
    },
    Shown {
        fault: "no_timeout",
        pipeline: false,
        events: &[Silence],
        right: "no answer\\n Read",
        wrong: " Read",
    },
    Shown {
        fault: "late_reply_to_next",
        pipeline: false,
        events: &[Silence, Read(b"ONE"), Read(b"TWO")],
        right: "no answer\\nTWO\\n Silent",
        wrong: "no answer\\nONE\\n Silent",
    },
];
