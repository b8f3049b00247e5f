//! Messages of HTTP/1.1, under the checks that the stable tests share.

#![no_main]

#[path = "../../tests/wire/build.rs"]
mod build;
#[path = "../../tests/wire/check.rs"]
mod check;
#[path = "../../tests/wire/drive.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check("http1", data));
