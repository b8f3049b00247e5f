//! One connection with blocking calls, and the acceptor that hands connections out.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::{Driver, LINGER_BYTES, LINGER_TIME, SHORTAGE_PAUSE};
use crate::listen;
use crate::session::{Flow, Output, Session};
use crate::shared::Shared;

/// Accepts until the server ends, and gives each connection to `serve`.
pub(super) fn accept(driver: &Driver, mut serve: impl FnMut(Arc<Socket>)) {
    let Driver {
        listener,
        endpoint,
        shared,
        ..
    } = driver;
    while shared.wait_for_place() {
        match shared.wait_readable(Some(listener.as_fd()), None) {
            Ok(true) => {}
            Ok(false) => return,
            Err(e) => return shared.die(format!("waiting for connections failed: {e}")),
        }
        match listener.accept() {
            Ok((socket, _)) => {
                // Some systems hand the listener's mode down.
                let prepared = socket
                    .set_nonblocking(false)
                    .and_then(|()| listen::prepare(&socket, endpoint, shared.sockets));
                // Fails only for a connection that is gone already.
                if prepared.is_ok() {
                    serve(Arc::new(socket));
                }
            }
            Err(e) if listen::is_one_connections_error(&e) => {}
            Err(e) if listen::is_shortage(&e) => {
                let _ = shared.wait_readable(None, Some(SHORTAGE_PAUSE));
            }
            Err(e) => return shared.die(format!("accepting connections failed: {e}")),
        }
    }
}

/// Carries one connection to its end.
pub(super) fn connection(socket: &Socket, session: &mut dyn Session, shared: &Shared) {
    let mut out = Output::default();
    let mut buffer = Vec::new();
    let mut at_end = false;
    let mut spins = None;
    let mut wait = None;
    loop {
        let want = session.want();
        if buffer.len() < want {
            buffer.resize(want, 0);
        }
        let mut flow = match (&*socket).read(&mut buffer[..want]) {
            Ok(0) => {
                if at_end {
                    shared.spun();
                    if !*spins.get_or_insert_with(|| shared.may_spin()) {
                        // Left open, without the noise, until the server ends.
                        let _ = shared.wait_readable(None, None);
                    }
                    if !shared.is_running() {
                        return;
                    }
                }
                at_end = true;
                session.end(&mut out)
            }
            Ok(n) => {
                shared.stall();
                session.input(&buffer[..n], &mut out)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) if listen::is_timeout(&e) => session.idle(&mut out),
            Err(_) => session.broken(),
        };
        let flow = loop {
            if !flush(socket, &mut out, shared) {
                flow = session.broken();
            }
            match flow {
                Flow::Run(job) => flow = session.ran(job.run(), &mut out),
                Flow::More if shared.is_running() => flow = session.more(&mut out),
                other => break other,
            }
        };
        let next = match flow {
            Flow::Continue | Flow::Spin | Flow::Run(_) | Flow::More => None,
            Flow::Wait(time) => Some(time),
            Flow::Close => {
                if !at_end {
                    linger(socket);
                }
                return;
            }
            Flow::Reset => {
                let _ = socket.set_linger(Some(Duration::ZERO));
                return;
            }
            Flow::Crash(how) => return shared.die(how),
        };
        if next != wait {
            wait = next;
            if socket.set_read_timeout(wait).is_err() {
                return;
            }
        }
    }
}

/// Sends what is to be sent. False if the connection broke.
fn flush(socket: &Socket, out: &mut Output, shared: &Shared) -> bool {
    let sent = out.writes().try_for_each(|write| {
        if shared.sockets.single_write.is_some() {
            listen::once(socket, write)
        } else {
            (&*socket).write_all(write)
        }
    });
    out.clear();
    sent.is_ok()
}

/// Closes the server's side, then takes what the client still sends, within bounds.
fn linger(socket: &Socket) {
    let deadline = Instant::now() + LINGER_TIME;
    let mut buffer = [0; 16 << 10];
    let mut taken = 0;
    let mut open = socket.shutdown(Shutdown::Write).is_ok();
    while open && taken < LINGER_BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        open = !left.is_zero() && socket.set_read_timeout(Some(left)).is_ok();
        if open {
            match (&*socket).read(&mut buffer) {
                Ok(0) => open = false,
                Ok(n) => taken += n,
                Err(e) => open = e.kind() == io::ErrorKind::Interrupted,
            }
        }
    }
}
