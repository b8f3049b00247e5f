//! Challenge authentication on real sockets, and its digests.

use std::time::Duration;

use super::sockets::{Client, config, models, run};
use crate::services::answer;
use crate::{Config, Digest, Running, ServeError, Service, start};

const KEY: &[u8] = b"key";
const COMMAND: &[u8] = b"\0\0\0\x06exit 3";
const DONE: &[u8] = b"\0\0\0\x01\x03";

fn with_key() -> Config {
    Config {
        hmac_key: Some(KEY.to_vec()),
        ..config("tcp://127.0.0.1:0")
    }
}

/// A client, and the challenge that it got.
fn challenged(running: &Running) -> (Client, Vec<u8>) {
    let client = Client::connect(running);
    let mut nonce = vec![0; 32];
    std::io::Read::read_exact(&mut &client.0, &mut nonce).unwrap();
    (client, nonce)
}

/// RFC 4231 test case 2, RFC 2202 section 2 test case 2.
#[test]
fn digests_are_those_of_the_rfcs() {
    let text = b"what do ya want for nothing?";
    let hex = |digest| -> String {
        let bytes = answer(digest, b"Jefe", text);
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    };
    assert_eq!(
        hex(Digest::Sha256),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    assert_eq!(hex(Digest::Md5), "750c783e6ab0b503eaa86e310a5db738");
    assert_eq!(
        answer(Digest::Sha256, b"", b"").len(),
        Digest::Sha256.size()
    );
}

#[test]
fn the_right_answer_lets_commands_through_under_every_model() {
    for model in models("hmac") {
        for digest in [Digest::Sha256, Digest::Md5] {
            let mut config = with_key();
            config.model = Some(model);
            config.digest = digest;
            let running = run("hmac", &config);
            let (client, nonce) = challenged(&running);
            let (other, second) = match model.is_concurrent() {
                true => challenged(&running),
                false => (Client(client.0.try_clone().unwrap()), Vec::new()),
            };
            assert_ne!(nonce, second);
            let right = answer(digest, KEY, &nonce);
            let (first, rest) = right.split_at(5);
            client.send(first);
            client.expect_silence(Duration::from_millis(10));
            client.send(&[rest, COMMAND].concat());
            client.expect(DONE);
            if model.is_concurrent() {
                // Right for another connection.
                other.send(&right);
                other.send(COMMAND);
                assert_eq!(other.rest(), b"", "{model}");
            }
        }
    }
}

#[test]
fn a_silent_client_is_closed_and_a_slow_one_too() {
    let running = run("hmac", &with_key());
    let (silent, _) = challenged(&running);
    let (slow, _) = challenged(&running);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..20 {
                // Fails once it is closed.
                let _ = slow.0.send(b"x");
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        assert_eq!(silent.rest(), b"");
        assert_eq!(slow.rest(), b"");
    });
    let (client, nonce) = challenged(&running);
    client.send(&answer(Digest::Sha256, KEY, &nonce));
    client.send(COMMAND);
    client.expect(DONE);
}

#[test]
fn keys_are_asked_for_where_they_are_used() {
    let refused = |name, config: &Config| -> String {
        let error = start(name, config, &mut |_| {}).map(|_| ()).unwrap_err();
        assert!(matches!(error, ServeError::Setting { .. }), "{error}");
        error.to_string()
    };
    let without = config("tcp://127.0.0.1:0");
    assert!(refused("hmac", &without).contains("set HARNESS_HMAC_KEY"));
    assert!(refused("exec", &with_key()).contains("asks no client for it"));
    let empty = Config {
        hmac_key: Some(Vec::new()),
        ..with_key()
    };
    assert!(refused("hmac", &empty).contains("is empty"));
    // Who asks for a key may listen to everybody.
    let all = Config {
        listen: "tcp://0.0.0.0:0".parse().unwrap(),
        ..with_key()
    };
    let mut told = Vec::new();
    let running = start("hmac", &all, &mut |line| told.push(line.to_owned())).unwrap();
    running.stop();
    assert!(told[1].contains("everybody who knows the key"), "{told:?}");
}

/// `silent_client_blocks_all`.
pub(crate) fn a_silent_client_blocks(service: &'static Service, fault: &'static str) {
    for fault in [None, Some(fault.to_owned())] {
        let faulty = fault.is_some();
        let config = Config {
            fault,
            ..with_key()
        };
        let running = run(service.name, &config);
        let (_silent, _) = challenged(&running);
        if faulty {
            let next = Client::connect(&running);
            next.expect_silence(Duration::from_millis(50));
        } else {
            challenged(&running);
        }
    }
}
