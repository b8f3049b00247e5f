//! The faults that any stream server can have, each on real sockets in every service that has it.

use std::io;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use super::SocketTest;
use super::sockets::{self, Client, config, conversation, run, until};
use crate::service::Stall;
use crate::{Config, Model, Running, ServeError, Service, services, start};

/// Per fault, a test that shows it and its absence.
pub(super) const SHARED: &[(&str, SocketTest)] = &[
    ("spin_on_eof", spin_on_eof),
    ("dies_when_client_leaves", dies_when_client_leaves),
    ("dies_on_reset", dies_on_reset),
    ("half_close_drops_reply", half_close_drops_reply),
    ("one_client_at_a_time", one_client_at_a_time),
    ("forty_clients_at_most", forty_clients_at_most),
    ("stop_waits_for_clients", stop_waits_for_clients),
    ("stalls", stalls),
    ("partial_write_ignored", partial_write_ignored),
    ("no_reuseaddr", no_reuseaddr),
    ("reuseport_shares_port", sockets::second_instance_starts),
    ("stale_socket_file", stale_socket_file),
    ("takes_live_socket_file", takes_live_socket_file),
];

/// Faults of a process of its own, which the scenarios show.
pub(super) const BY_SCENARIO: [&str; 3] = [
    "dies_without_descriptors",
    "spins_without_descriptors",
    "zombies_left_behind",
];

#[test]
fn every_shared_fault_differs_in_every_service_that_has_it() {
    for (fault, test) in SHARED {
        let carriers: Vec<_> = services()
            .iter()
            .filter(|s| s.fault(fault).is_some())
            .collect();
        assert!(!carriers.is_empty(), "{fault}");
        for service in carriers {
            test(service, fault);
        }
    }
}

/// Time in which nothing may come: too short only ever hides a fault's absence.
const SILENCE: Duration = Duration::from_millis(50);

/// The correct and the faulty server, under each concurrent model.
fn each(fault: &str, mut test: impl FnMut(Config, bool)) {
    for model in [Model::Thread, Model::Async] {
        for planted in [None, Some(fault.to_owned())] {
            let faulty = planted.is_some();
            let mut config = config("tcp://127.0.0.1:0");
            config.model = Some(model);
            config.fault = planted;
            test(config, faulty);
        }
    }
}

/// A client that has been answered once.
fn served(running: &Running, service: &Service) -> Client {
    let client = Client::connect(running);
    talk(&client, service);
    client
}

fn talk(client: &Client, service: &Service) {
    let (request, reply) = conversation(service.name);
    client.send(&request);
    client.expect(&reply);
}

fn stalls(service: &'static Service, fault: &'static str) {
    let (every, time) = (Duration::from_secs(2), Duration::from_millis(200));
    let stall = Stall { every, time };
    let into = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Duration::from_nanos((now.unwrap().as_nanos() % every.as_nanos()) as u64)
    };
    assert_eq!(stall.left(every * 7), time);
    assert_eq!(stall.left(every * 7 + time / 2), time / 2);
    assert_eq!(stall.left(every * 7 + time), Duration::ZERO);
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        let client = served(&running, service);
        if faulty {
            // Asked within a stall, it answers after it. Where this machine missed the stall, the
            // next one comes.
            let mut seen = false;
            while !seen {
                std::thread::sleep(every - into());
                let asked = into();
                talk(&client, service);
                assert!(into() >= time, "it answered {:?} into a stall", into());
                seen = asked < time / 2;
            }
        }
    });
}

fn spin_on_eof(service: &'static Service, fault: &'static str) {
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        let client = served(&running, service);
        client.finish();
        if faulty {
            until("spinning", || {
                running
                    .shared()
                    .spins
                    .load(std::sync::atomic::Ordering::Relaxed)
                    > 1000
            });
            client.expect_silence(Duration::from_millis(1));
        } else {
            assert_eq!(client.rest(), b"");
        }
    });
}

fn dies_when_client_leaves(service: &'static Service, fault: &'static str) {
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        drop(served(&running, service));
        if faulty {
            until("the death", || running.died().is_some());
        } else {
            served(&running, service);
        }
    });
}

fn dies_on_reset(service: &'static Service, fault: &'static str) {
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        // A client that leaves in order harms neither.
        drop(served(&running, service));
        served(&running, service).reset();
        if faulty {
            until("the death", || running.died().is_some());
        } else {
            served(&running, service);
        }
    });
}

fn half_close_drops_reply(service: &'static Service, fault: &'static str) {
    let (request, reply) = conversation(service.name);
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        served(&running, service);
        let client = Client::connect(&running);
        client.send(&request);
        client.finish();
        assert_eq!(client.rest() != reply, faulty);
    });
}

fn one_client_at_a_time(service: &'static Service, fault: &'static str) {
    at_most(1, service, fault);
}

fn forty_clients_at_most(service: &'static Service, fault: &'static str) {
    at_most(40, service, fault);
}

fn at_most(limit: usize, service: &'static Service, fault: &'static str) {
    let (request, reply) = conversation(service.name);
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        let mut clients: Vec<_> = (0..limit).map(|_| served(&running, service)).collect();
        let next = Client::connect(&running);
        next.send(&request);
        if faulty {
            next.expect_silence(SILENCE);
            clients.pop();
        }
        next.expect(&reply);
    });
}

fn stop_waits_for_clients(service: &'static Service, fault: &'static str) {
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        let client = served(&running, service);
        let (send, stopped) = mpsc::channel();
        std::thread::spawn(move || {
            running.stop();
            send.send(())
        });
        if faulty {
            assert!(stopped.recv_timeout(SILENCE).is_err());
            talk(&client, service);
            drop(client);
        }
        stopped.recv_timeout(sockets::DEADLINE).unwrap();
    });
}

fn partial_write_ignored(service: &'static Service, fault: &'static str) {
    let (request, reply) = conversation(service.name);
    let times = (2 << 20) / reply.len();
    each(fault, |config, faulty| {
        let running = run(service.name, &config);
        // How much fits into the buffers between is the kernel's choice: the faulty server has some
        // tries to lose a part.
        let lost = (0..if faulty { 8 } else { 1 })
            .any(|_| loses(&running, &request, &reply, times, faulty));
        assert_eq!(lost, faulty);
    });
}

/// Sends so many requests to a client's small receive buffer; true where a part of the replies is
/// missing.
fn loses(running: &Running, request: &[u8], reply: &[u8], times: usize, faulty: bool) -> bool {
    let client = Client::with(running, |socket| {
        socket.set_recv_buffer_size(4096).unwrap();
    });
    let send = || {
        client.send(&request.repeat(times));
        client.finish();
    };
    let received = if faulty {
        // The faulty server never waits for the client, so this ends.
        send();
        client.rest()
    } else {
        std::thread::scope(|scope| {
            scope.spawn(send);
            client.rest()
        })
    };
    received.len() < reply.len() * times
}

fn no_reuseaddr(service: &'static Service, fault: &'static str) {
    each(fault, |mut config, faulty| {
        let running = run(service.name, &config);
        let client = if service.name == "reads" {
            Client::connect(&running)
        } else {
            served(&running, service)
        };
        config.listen = running.addr().clone();
        // Not in the backlog any more: an unaccepted connection would end in RST.
        until("the accept", || running.shared().clients() == 1);
        running.stop();
        client.rest();
        drop(client);
        let port = config.listen.port().unwrap();
        // The client's FIN can still be on its way.
        until("TIME_WAIT", || in_time_wait(port));
        match start(service.name, &config, &mut |_| {}) {
            Ok(_) => assert!(!faulty),
            Err(ServeError::Listen { source, .. }) => {
                assert!(faulty);
                assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
            }
            Err(other) => panic!("{other}"),
        }
    });
}

/// True if a connection of this local port is in TIME_WAIT (state 06 of /proc/net/tcp, proc(5)).
fn in_time_wait(port: u16) -> bool {
    let local = format!(":{port:04X}");
    std::fs::read_to_string("/proc/net/tcp")
        .unwrap()
        .lines()
        .any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            fields.next().is_some_and(|f| f.ends_with(&local)) && fields.nth(1) == Some("06")
        })
}

/// A folder, and a configuration to listen on the service's first Unix transport in it.
fn unix_config(service: &'static Service, fault: Option<String>) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let unix = service.transports.iter().find(|t| t.is_unix()).unwrap();
    let path = folder.path().join("socket");
    let mut config = config(&format!("{}://{}", unix.scheme(), path.display()));
    config.fault = fault;
    (folder, config)
}

fn takes_live_socket_file(service: &'static Service, fault: &'static str) {
    for planted in [None, Some(fault.to_owned())] {
        let faulty = planted.is_some();
        let (_folder, config) = unix_config(service, planted);
        let _first = start(service.name, &config, &mut |_| {}).unwrap();
        assert_eq!(start(service.name, &config, &mut |_| {}).is_ok(), faulty);
    }
}

fn stale_socket_file(service: &'static Service, fault: &'static str) {
    let (folder, mut config) = unix_config(service, None);
    for planted in [Some(fault.to_owned()), None] {
        let faulty = planted.is_some();
        let path = folder.path().join("socket");
        config.fault = planted;
        let first = start(service.name, &config, &mut |_| {}).unwrap();
        if config.listen.transport().is_stream() {
            served(&first, service);
        }
        first.stop();
        // The correct server finds the faulty one's file, and copes.
        assert_eq!(path.exists(), faulty);
        assert_eq!(start(service.name, &config, &mut |_| {}).is_err(), faulty);
    }
}
