//! Raw bytes and records of one size, under the checks that the stable tests share.

#![no_main]

#[path = "../../tests/wire/build.rs"]
mod build;
#[path = "../../tests/wire/check.rs"]
mod check;
#[path = "../../tests/wire/describe.rs"]
mod describe;
#[path = "../../tests/wire/drive.rs"]
mod drive;
#[path = "../../tests/wire/literal.rs"]
mod literal;
#[path = "../../tests/wire/message.rs"]
mod message;
#[path = "../../tests/wire/stream.rs"]
mod stream;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check("simple", data));
