//! What says the same is the same, in whatever way it is written.

use harness_wire::{Frame, Limits, Progress};

use crate::build::Built;

#[test]
fn json_has_no_order_and_lengths_follow_their_content() {
    let built = Built::new("json_header u32be md5:md5", &[], Limits::default());
    let head = r#"{"total_size":2,"md5":"60b725f10c9c85c70d97880dfe8191b3"}"#;
    let message = |head: &str, body: &str| {
        let length = u32::try_from(head.len()).unwrap().to_be_bytes();
        [&length[..], head.as_bytes(), body.as_bytes()].concat()
    };
    let read = |bytes: &[u8]| {
        let mut frame = Frame::default();
        let progress = built.framing.decoder().decode(bytes, &mut frame);
        assert_eq!(progress, Ok(Progress::Frame));
        frame
    };
    let bytes = message(head, "a\n");
    let want = harness_wire::Encoded {
        fields: read(&bytes).fields,
        bytes,
    };
    for (head, body, same) in [
        (head, "a\n", true),
        (
            r#"{ "md5": "60b725f10c9c85c70d97880dfe8191b3", "total_size": 2 }"#,
            "a\n",
            true,
        ),
        (
            r#"{"total_size":2,"md5":"3b5d5c3712955042212316173ccf37be"}"#,
            "b\n",
            false,
        ),
        (
            r#"{"total_size":2,"md5":"60b725f10c9c85c70d97880dfe8191b3","x":1}"#,
            "a\n",
            false,
        ),
    ] {
        let got = message(head, body);
        let says = built.framing.says_same(&want, &got, &read(&got));
        assert_eq!(says, same, "{head}");
    }
}
