//! One connection with blocking calls, and the acceptor that hands connections out.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use harness_net::Transport;
use socket2::Socket;

use super::{Driver, LINGER_BYTES, LINGER_TIME, Patience, SHORTAGE_PAUSE};
use crate::listen;
use crate::service::Shortage;
use crate::session::{Flow, Output, Session};
use crate::shared::Shared;

/// Accepts until the server ends, and gives each connection to `serve`.
pub(super) fn accept(driver: &Driver, mut serve: impl FnMut(Socket)) {
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
                    serve(socket);
                }
            }
            Err(e) if listen::is_one_connections_error(&e) => {}
            Err(e) if listen::is_shortage(&e) => match shared.sockets.shortage {
                Shortage::Pauses => {
                    let _ = shared.wait_readable(None, Some(SHORTAGE_PAUSE));
                }
                Shortage::Spins => {}
                Shortage::Dies => return shared.die(format!("accept(2): {e}")),
            },
            Err(e) => return shared.die(format!("accepting connections failed: {e}")),
        }
    }
}

/// Carries one connection to its end.
pub(crate) fn connection(
    socket: &Socket,
    transport: Transport,
    session: &mut dyn Session,
    shared: &Shared,
) {
    let mut out = Output::default();
    let mut buffer = Vec::new();
    let mut at_end = false;
    let mut spins = None;
    let mut wait = None;
    let mut patience = Patience::default();
    let mut first = true;
    loop {
        let keeps_bounds = transport == Transport::UnixSeqpacket;
        let want = if keeps_bounds {
            shared.sockets.datagram_buffer
        } else {
            session.want()
        };
        if buffer.len() < want {
            buffer.resize(want, 0);
        }
        let read = if std::mem::take(&mut first) {
            None
        } else if keeps_bounds {
            Some(message(socket, &mut buffer[..want]))
        } else {
            let read = (&*socket).read(&mut buffer[..want]);
            Some(read.map(|n| (n > 0).then_some(n)))
        };
        let mut flow = match read {
            None => session.begin(&mut out),
            Some(Ok(None)) => {
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
            Some(Ok(Some(n))) => {
                shared.stall();
                session.input(&buffer[..n], &mut out)
            }
            Some(Err(e)) if e.kind() == io::ErrorKind::Interrupted => continue,
            Some(Err(e)) if listen::is_timeout(&e) => session.idle(&mut out),
            Some(Err(_)) => session.broken(),
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
            Flow::Continue | Flow::Spin | Flow::Run(_) | Flow::More => patience.end(),
            Flow::Wait(time) => Some(time),
            Flow::Within(time) => Some(patience.left(time)),
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

/// One message, or `None` for the end. recvmsg(2) tells them apart by the credentials that come with
/// a message (SO_PASSCRED of unix(7)); read(2) returns 0 for the end and for an empty message.
#[cfg(target_os = "linux")]
fn message(socket: &Socket, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let mut control = nix::cmsg_space!(nix::sys::socket::UnixCredentials);
    let mut parts = [io::IoSliceMut::new(buffer)];
    let got = nix::sys::socket::recvmsg::<()>(
        std::os::fd::AsRawFd::as_raw_fd(socket),
        &mut parts,
        Some(&mut control),
        nix::sys::socket::MsgFlags::empty(),
    )?;
    let is_message = got.bytes > 0 || got.cmsgs()?.next().is_some();
    Ok(is_message.then_some(got.bytes))
}

/// Only Linux has seqpacket sockets among these.
#[cfg(not(target_os = "linux"))]
fn message(mut socket: &Socket, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let read = socket.read(buffer)?;
    Ok((read > 0).then_some(read))
}

/// Sends what is to be sent. False if the connection broke.
fn flush(socket: &Socket, out: &mut Output, shared: &Shared) -> bool {
    let sent = out.writes().try_for_each(|write| {
        if shared.sockets.single_write.is_some() {
            listen::once(socket, write)
        } else {
            match write {
                // write_all makes no call for nothing.
                [] => socket.send(write).map(drop),
                _ => (&*socket).write_all(write),
            }
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
