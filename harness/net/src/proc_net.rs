//! The socket table as /proc/net tells it, for kernels without sock_diag(7) (proc_pid_net(5)).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::TcpState;
use crate::socket_table::{Entry, unmapped};

/// All sockets of a protocol, IPv4 and IPv6.
pub(crate) fn inet(protocol: i32) -> io::Result<Vec<Entry>> {
    let name = if protocol == libc::IPPROTO_UDP {
        "udp"
    } else {
        "tcp"
    };
    let mut table = std::fs::read_to_string(format!("/proc/net/{name}"))?;
    // Missing where IPv6 is off.
    if let Ok(v6) = std::fs::read_to_string(format!("/proc/net/{name}6")) {
        table.push_str(&v6);
    }
    Ok(table.lines().filter_map(entry).collect())
}

/// One line: number, local and remote address, state, queues, timer, retransmissions, user, timeout,
/// inode. The headings do not parse, and are left out.
fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = address(fields.next()?)?;
    let remote = address(fields.next()?)?;
    let state = TcpState::from_linux(u8::from_str_radix(fields.next()?, 16).ok()?)?;
    let (wqueue, rqueue) = fields.next()?.split_once(':')?;
    let mut fields = fields.skip(2);
    let uid = fields.next()?.parse().ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    Some(Entry {
        local: unmapped(local),
        remote: unmapped(remote),
        state,
        uid,
        inode,
        rqueue: u32::from_str_radix(rqueue, 16).ok()?,
        wqueue: u32::from_str_radix(wqueue, 16).ok()?,
    })
}

/// `0100007F:1F90`: words of 32 bits in the host's order, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let mut octets = Vec::with_capacity(16);
    for at in (0..ip.len()).step_by(8) {
        let word = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
        octets.extend_from_slice(&word.to_ne_bytes());
    }
    let ip: IpAddr = match octets.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?).into(),
        16 => Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

/// The inode of the Unix socket of this type (SOCK_STREAM, ...) that listens on a name, or, for
/// datagrams, is bound to it. An abstract name begins with NUL.
pub(crate) fn unix_listening(socket_type: i32, name: &[u8]) -> io::Result<Option<u64>> {
    // A name is shown as it is, and NUL as `@`.
    let shown: Vec<u8> = name
        .iter()
        .map(|b| if *b == 0 { b'@' } else { *b })
        .collect();
    let table = std::fs::read("/proc/net/unix")?;
    Ok(table.split(|b| *b == b'\n').find_map(|line| {
        let line = line.strip_suffix(&shown[..])?.strip_suffix(b" ")?;
        let fields: Vec<&str> = std::str::from_utf8(line)
            .ok()?
            .split_ascii_whitespace()
            .collect();
        // Flags: __SO_ACCEPTCON is set while it listens.
        let flags = u32::from_str_radix(fields.get(3)?, 16).ok()?;
        let found = i32::from_str_radix(fields.get(4)?, 16).ok()?;
        let inode = fields.get(6)?.parse().ok()?;
        let serves = socket_type == libc::SOCK_DGRAM || flags & 0x1_0000 != 0;
        (fields.len() == 7 && found == socket_type && serves).then_some(inode)
    }))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_found_with_its_queue() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let found = inet(libc::IPPROTO_TCP).unwrap();
        let entry = found.iter().find(|e| e.local == addr).unwrap();
        assert_eq!(entry.state, TcpState::Listen);
        assert_ne!(entry.inode, 0);
    }

    #[test]
    fn a_unix_listener_is_found_by_its_name() {
        use std::os::linux::net::SocketAddrExt;
        let name = format!("proc net test {}", std::process::id());
        let addr = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let shown = [b"\0", name.as_bytes()].concat();
        assert_eq!(unix_listening(libc::SOCK_STREAM, &shown).unwrap(), None);
        let _listener = std::os::unix::net::UnixListener::bind_addr(&addr).unwrap();
        assert!(unix_listening(libc::SOCK_STREAM, &shown).unwrap().is_some());
        // Each type has abstract names of its own.
        assert_eq!(unix_listening(libc::SOCK_DGRAM, &shown).unwrap(), None);
    }

    #[test]
    fn addresses_of_both_families() {
        assert_eq!(
            address(&format!("{:08X}:1F90", u32::from_ne_bytes([127, 0, 0, 1]))),
            Some("127.0.0.1:8080".parse().unwrap())
        );
        let one = format!("{:08X}", u32::from_ne_bytes([0, 0, 0, 1]));
        let text = format!("000000000000000000000000{one}:0035");
        assert_eq!(address(&text), Some("[::1]:53".parse().unwrap()));
        assert_eq!(address("rem_address:st"), None);
    }
}
