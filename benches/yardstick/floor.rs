//! The floor: an echo server and clients that do nothing but system calls and a histogram. What a
//! load generator costs is told as a ratio to these, measured in the same minute.
//!
//! One file on purpose, with libc and `unsafe`, to be read beside the same program in C.
#![expect(
    unsafe_code,
    reason = "the floor is what remains without any wrapper around the system calls"
)]

use std::collections::VecDeque;
use std::mem::zeroed;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Bytes of a message.
pub(crate) const MESSAGE: usize = 64;
const EVENTS: usize = 256;
const BUFFER: usize = 64 << 10;

/// What a client does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) server: SocketAddrV4,
    pub(crate) connections: usize,
    pub(crate) depth: usize,
    pub(crate) udp: bool,
    /// A connection for each message, from 256 source addresses.
    pub(crate) churn: bool,
    /// Never sleeps.
    pub(crate) spins: bool,
    /// Messages a second; `None` for a closed loop.
    pub(crate) rate: Option<f64>,
    pub(crate) time: Duration,
}

/// What a client measured.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu: Duration,
    pub(crate) latency: Histogram<u64>,
}

fn ok(rc: i32, what: &str) -> i32 {
    assert!(rc >= 0, "{what}: {}", std::io::Error::last_os_error());
    rc
}

/// Runs this process's thread on one core.
pub(crate) fn pin(core: usize) {
    // SAFETY: a zeroed cpu_set_t is an empty set; it outlives the call.
    unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        libc::CPU_SET(core, &mut set);
        ok(
            libc::sched_setaffinity(0, size_of_val(&set), &set),
            "sched_setaffinity",
        );
    }
}

fn cpu() -> Duration {
    // SAFETY: the kernel fills the zeroed struct.
    let usage = unsafe {
        let mut usage: libc::rusage = zeroed();
        ok(
            libc::getrusage(libc::RUSAGE_THREAD, &mut usage),
            "getrusage",
        );
        usage
    };
    let of = |t: libc::timeval| {
        Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64)
    };
    of(usage.ru_utime) + of(usage.ru_stime)
}

fn address(to: SocketAddrV4) -> libc::sockaddr_in {
    // SAFETY: sockaddr_in is plain data.
    let mut a: libc::sockaddr_in = unsafe { zeroed() };
    a.sin_family = libc::AF_INET as libc::sa_family_t;
    a.sin_port = to.port().to_be();
    a.sin_addr.s_addr = u32::from(*to.ip()).to_be();
    a
}

fn set_int(fd: i32, level: i32, option: i32) {
    let one: libc::c_int = 1;
    // SAFETY: one int of its own size.
    let rc = unsafe {
        libc::setsockopt(
            fd,
            level,
            option,
            (&raw const one).cast(),
            size_of_val(&one) as u32,
        )
    };
    ok(rc, "setsockopt");
}

fn bind(fd: i32, to: SocketAddrV4) {
    let a = address(to);
    // SAFETY: a valid sockaddr_in of its own size.
    ok(
        unsafe { libc::bind(fd, (&raw const a).cast(), size_of_val(&a) as u32) },
        "bind",
    );
}

/// connect(2); the outcome of one that is under way shows in the first write.
fn connect(fd: i32, to: SocketAddrV4) -> bool {
    let a = address(to);
    // SAFETY: a valid sockaddr_in of its own size.
    let rc = unsafe { libc::connect(fd, (&raw const a).cast(), size_of_val(&a) as u32) };
    rc == 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EINPROGRESS)
}

fn socket(kind: i32) -> i32 {
    // SAFETY: integers only.
    ok(
        unsafe { libc::socket(libc::AF_INET, kind | libc::SOCK_CLOEXEC, 0) },
        "socket",
    )
}

fn watch(epoll: i32, fd: i32, token: u64) {
    let mut event = libc::epoll_event {
        events: libc::EPOLLIN as u32,
        u64: token,
    };
    // SAFETY: the event outlives the call.
    ok(
        unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &mut event) },
        "epoll_ctl",
    );
}

fn wait(epoll: i32, events: &mut [libc::epoll_event], ns: Option<u64>) -> usize {
    let time = libc::timespec {
        tv_sec: (ns.unwrap_or(0) / 1_000_000_000) as i64,
        tv_nsec: (ns.unwrap_or(0) % 1_000_000_000) as i64,
    };
    let timeout = match ns {
        Some(_) => &raw const time,
        None => std::ptr::null(),
    };
    // SAFETY: the array has that many events; the timespec outlives the call or is null.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            epoll,
            events.as_mut_ptr(),
            events.len() as i32,
            timeout,
            std::ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    usize::try_from(rc).unwrap_or(0)
}

fn read(fd: i32, buffer: &mut [u8]) -> isize {
    // SAFETY: the buffer has that many bytes.
    unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), 0) }
}

fn write(fd: i32, bytes: &[u8]) -> isize {
    // SAFETY: the slice has that many bytes.
    unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) }
}

fn close(fd: i32) {
    // SAFETY: the descriptor is this program's own, and not used after this.
    unsafe { libc::close(fd) };
}

/// Listens on a port of 127.0.0.1 that the kernel chooses, tells it, and echoes for ever.
pub(crate) fn serve(udp: bool, tell: impl FnOnce(u16)) -> ! {
    let kind = if udp {
        libc::SOCK_DGRAM
    } else {
        libc::SOCK_STREAM | libc::SOCK_NONBLOCK
    };
    let fd = socket(kind);
    bind(fd, SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));
    let mut own = address(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));
    let mut len = size_of_val(&own) as u32;
    // SAFETY: the kernel fills a sockaddr_in of its own size.
    ok(
        unsafe { libc::getsockname(fd, (&raw mut own).cast(), &mut len) },
        "getsockname",
    );
    let mut buffer = vec![0; BUFFER];
    if udp {
        tell(u16::from_be(own.sin_port));
        loop {
            let mut from = address(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
            let mut len = size_of_val(&from) as u32;
            // SAFETY: buffer and address have the sizes that are told.
            unsafe {
                let n = libc::recvfrom(
                    fd,
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    0,
                    (&raw mut from).cast(),
                    &mut len,
                );
                if n >= 0 {
                    libc::sendto(
                        fd,
                        buffer.as_ptr().cast(),
                        n as usize,
                        0,
                        (&raw const from).cast(),
                        len,
                    );
                }
            }
        }
    }
    // SAFETY: integers only.
    let epoll = unsafe {
        ok(libc::listen(fd, 4096), "listen");
        ok(libc::epoll_create1(libc::EPOLL_CLOEXEC), "epoll_create1")
    };
    tell(u16::from_be(own.sin_port));
    watch(epoll, fd, fd as u64);
    // SAFETY: epoll_event is plain data.
    let mut events: Vec<libc::epoll_event> = vec![unsafe { zeroed() }; EVENTS];
    loop {
        let ready = wait(epoll, &mut events, None);
        for event in &events[..ready] {
            let client = event.u64 as i32;
            if client == fd {
                // SAFETY: null pointers mean that the address is not wanted.
                let client = unsafe {
                    libc::accept4(
                        fd,
                        std::ptr::null_mut(),
                        std::ptr::null_mut(),
                        libc::SOCK_CLOEXEC,
                    )
                };
                if client >= 0 {
                    set_int(client, libc::IPPROTO_TCP, libc::TCP_NODELAY);
                    watch(epoll, client, client as u64);
                }
                continue;
            }
            let n = read(client, &mut buffer);
            if n <= 0 || write(client, &buffer[..n as usize]) < 0 {
                close(client);
            }
        }
    }
}

/// One connection of a client.
struct Connection {
    fd: i32,
    /// When the requests that wait for their answer were due, oldest first.
    due: VecDeque<u64>,
    /// Bytes of an answer that has not come whole.
    part: usize,
}

/// The least that a client can do.
pub(crate) fn run(spec: &Spec) -> Measured {
    // SAFETY: integers only.
    let epoll = unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64);
        ok(libc::epoll_create1(libc::EPOLL_CLOEXEC), "epoll_create1")
    };
    let mut sources = 0_u32;
    let mut open = |token: usize| {
        let kind = if spec.udp {
            libc::SOCK_DGRAM
        } else {
            libc::SOCK_STREAM
        };
        let fd = socket(if spec.churn {
            kind | libc::SOCK_NONBLOCK
        } else {
            kind
        });
        if spec.depth > 1 {
            set_int(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY);
        }
        if spec.churn {
            set_int(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT);
            sources = (sources + 1) % 256;
            let [.., last] = sources.to_be_bytes();
            bind(fd, SocketAddrV4::new(Ipv4Addr::new(127, 2, last, 1), 0));
        }
        assert!(
            connect(fd, spec.server),
            "connect: {}",
            std::io::Error::last_os_error()
        );
        watch(epoll, fd, token as u64);
        fd
    };
    let mut connections: Vec<Connection> = (0..spec.connections)
        .map(|token| Connection {
            fd: open(token),
            due: VecDeque::with_capacity(spec.depth),
            part: 0,
        })
        .collect();
    let message = vec![b'x'; MESSAGE * spec.depth];
    let mut buffer = vec![0; BUFFER];
    // SAFETY: epoll_event is plain data.
    let mut events: Vec<libc::epoll_event> = vec![unsafe { zeroed() }; EVENTS];
    let mut latency = crate::histogram();
    let mut messages = 0;
    let before = cpu();
    let start = Instant::now();
    let now = || start.elapsed().as_nanos() as u64;
    let end = spec.time.as_nanos() as u64;
    let gap = spec.rate.map(|rate| 1e9 / rate);
    let mut free: VecDeque<usize> = (0..spec.connections).collect();
    let mut n = 0_u64;
    if gap.is_none() {
        for c in &mut connections {
            let at = now();
            c.due.extend(std::iter::repeat_n(at, spec.depth));
            write(c.fd, &message);
        }
    }
    let mut at = now();
    while at < end {
        let mut timeout = (!spec.spins).then_some(100_000_000);
        if let Some(gap) = gap {
            loop {
                let due = (n as f64 * gap) as u64;
                if due > at || free.is_empty() {
                    let rest = if free.is_empty() {
                        100_000_000
                    } else {
                        due.saturating_sub(at)
                    };
                    timeout = timeout.map(|_| rest);
                    break;
                }
                let Some(c) = free.pop_front() else { break };
                connections[c].due.push_back(due);
                write(connections[c].fd, &message[..MESSAGE]);
                n += 1;
                at = now();
            }
        }
        let ready = wait(epoll, &mut events, Some(timeout.unwrap_or(0)));
        at = now();
        for event in &events[..ready] {
            let token = event.u64 as usize;
            let c = &mut connections[token];
            let got = read(c.fd, &mut buffer);
            assert!(got > 0, "recv: {}", std::io::Error::last_os_error());
            at = now();
            let whole = (c.part + got as usize) / MESSAGE;
            c.part = (c.part + got as usize) % MESSAGE;
            for _ in 0..whole {
                let due = c.due.pop_front().unwrap_or(at);
                latency.saturating_record((at - due).max(1));
            }
            messages += whole as u64;
            if spec.churn {
                close(c.fd);
                c.due.push_back(at);
                c.fd = open(token);
                write(c.fd, &message);
            } else if gap.is_some() {
                free.push_back(token);
            } else {
                c.due.extend(std::iter::repeat_n(at, whole));
                write(c.fd, &message[..whole * MESSAGE]);
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu = cpu().saturating_sub(before);
    connections.iter().for_each(|c| close(c.fd));
    close(epoll);
    Measured {
        messages,
        seconds,
        cpu,
        latency,
    }
}
