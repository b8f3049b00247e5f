//! What the kernel knows about one TCP connection: TCP_INFO of tcp(7).

use crate::TcpState;

/// TCP_INFO of one socket. Times are microseconds, lengths bytes unless named segments.
///
/// Traps, verified on Linux: `bytes_acked` and `delivered` count the SYN, so that both are one
/// more than the data; after close the state is [`TcpState::Closed`] even while a TIME_WAIT exists.
/// Loopback shows retransmissions without loss (tail-loss probes, RFC 8985).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpInfo {
    /// The state of RFC 9293 section 3.3.2.
    pub state: TcpState,
    /// Timeouts without an answer for the segment at the front, or SYNs repeated while connecting.
    pub retransmits: u8,
    /// Retransmission timeout, us.
    pub rto_us: u32,
    /// Smoothed round trip time, us (RFC 6298).
    pub rtt_us: u32,
    /// Its variation, us.
    pub rttvar_us: u32,
    /// The smallest round trip time seen, us. `None` before the first sample and before Linux 4.6.
    pub min_rtt_us: Option<u32>,
    /// Largest segment that is sent, bytes of data.
    pub snd_mss: u32,
    /// Estimate of the peer's segment size, bytes of data.
    pub rcv_mss: u32,
    /// Segments sent and not acknowledged. On a listener: connections in the accept queue.
    pub unacked: u32,
    /// Segments acknowledged selectively. On a listener: the accept queue's maximum.
    pub sacked: u32,
    /// Congestion window in segments (RFC 5681).
    pub snd_cwnd: u32,
    /// Segments retransmitted over the connection's life.
    pub total_retrans: u32,
    /// Bytes of data acknowledged, and one for the SYN. Since Linux 4.1.
    pub bytes_acked: Option<u64>,
    /// Bytes of data that the kernel took from the peer, and one for a FIN. Since Linux 4.1.
    pub bytes_received: Option<u64>,
    /// Segments sent, all kinds. Since Linux 4.2.
    pub segs_out: Option<u32>,
    /// Segments received, all kinds. Since Linux 4.2.
    pub segs_in: Option<u32>,
    /// Segments with data sent. Since Linux 4.6.
    pub data_segs_out: Option<u32>,
    /// Segments with data received. Since Linux 4.6.
    pub data_segs_in: Option<u32>,
    /// Bytes accepted from the application and not sent yet. Since Linux 4.6.
    pub notsent_bytes: Option<u32>,
    /// Time with data in flight, us. Since Linux 4.10.
    pub busy_time_us: Option<u64>,
    /// Time limited by the peer's window, us. Since Linux 4.10.
    pub rwnd_limited_us: Option<u64>,
    /// Time limited by the send buffer, us. Since Linux 4.10.
    pub sndbuf_limited_us: Option<u64>,
    /// Segments delivered, the SYN included. Since Linux 4.18.
    pub delivered: Option<u32>,
    /// Bytes of data sent, retransmissions included. Since Linux 4.19.
    pub bytes_sent: Option<u64>,
    /// Bytes of data sent again. Since Linux 4.19.
    pub bytes_retrans: Option<u64>,
    /// The window that the peer announced last; 0 means that its buffer is full. Since Linux 5.4.
    pub snd_wnd: Option<u32>,
    /// The window announced to the peer. Since Linux 6.2.
    pub rcv_wnd: Option<u32>,
}

/// Reads fields at the offsets of `struct tcp_info` in `linux/tcp.h`, which only ever grows at its
/// end. A field that the kernel did not write is `None`.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.0.get(at..at + 4)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    }

    fn u64(&self, at: usize) -> Option<u64> {
        let bytes = self.0.get(at..at + 8)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }
}

/// Where `tcpi_bytes_received` stands.
pub(crate) const BYTES_RECEIVED_AT: usize = 128;

impl TcpInfo {
    /// Its numbers by name, those that this kernel tells: times in microseconds, as the names say.
    pub fn as_pairs(&self) -> Vec<(&'static str, u64)> {
        let some = |value: u32| Some(u64::from(value));
        let maybe = |value: Option<u32>| value.map(u64::from);
        let all = [
            ("rtt_us", some(self.rtt_us)),
            ("rttvar_us", some(self.rttvar_us)),
            ("min_rtt_us", maybe(self.min_rtt_us)),
            ("rto_us", some(self.rto_us)),
            ("snd_mss", some(self.snd_mss)),
            ("snd_cwnd", some(self.snd_cwnd)),
            ("snd_wnd", maybe(self.snd_wnd)),
            ("unacked", some(self.unacked)),
            ("notsent_bytes", maybe(self.notsent_bytes)),
            ("total_retrans", some(self.total_retrans)),
            ("bytes_sent", self.bytes_sent),
            ("bytes_acked", self.bytes_acked),
            ("bytes_received", self.bytes_received),
            ("bytes_retrans", self.bytes_retrans),
            ("segs_out", maybe(self.segs_out)),
            ("segs_in", maybe(self.segs_in)),
            ("data_segs_out", maybe(self.data_segs_out)),
            ("data_segs_in", maybe(self.data_segs_in)),
            ("delivered", maybe(self.delivered)),
            ("busy_time_us", self.busy_time_us),
            ("rwnd_limited_us", self.rwnd_limited_us),
            ("sndbuf_limited_us", self.sndbuf_limited_us),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// From the bytes that the kernel wrote, however many those are. `None` if not even the
    /// fields of Linux 2.6 are there, or the state is none that is known.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let f = Fields(bytes);
        Some(Self {
            state: TcpState::from_linux(*bytes.first()?)?,
            retransmits: *bytes.get(2)?,
            rto_us: f.u32(8)?,
            snd_mss: f.u32(16)?,
            rcv_mss: f.u32(20)?,
            unacked: f.u32(24)?,
            sacked: f.u32(28)?,
            rtt_us: f.u32(68)?,
            rttvar_us: f.u32(72)?,
            snd_cwnd: f.u32(80)?,
            total_retrans: f.u32(100)?,
            bytes_acked: f.u64(120),
            bytes_received: f.u64(BYTES_RECEIVED_AT),
            segs_out: f.u32(136),
            segs_in: f.u32(140),
            notsent_bytes: f.u32(144),
            // All ones: no sample yet.
            min_rtt_us: f.u32(148).filter(|us| *us != u32::MAX),
            data_segs_in: f.u32(152),
            data_segs_out: f.u32(156),
            busy_time_us: f.u64(168),
            rwnd_limited_us: f.u64(176),
            sndbuf_limited_us: f.u64(184),
            delivered: f.u32(192),
            bytes_sent: f.u64(200),
            bytes_retrans: f.u64(208),
            snd_wnd: f.u32(228),
            rcv_wnd: f.u32(232),
        })
    }

    /// Of a socket; `None` where it is not TCP or the system has no TCP_INFO of this layout.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(fd: std::os::fd::BorrowedFd<'_>) -> Option<Self> {
        // 280 bytes on Linux 6.18; room for what later kernels append.
        let mut buf = [0_u8; 512];
        let len =
            crate::sys::getsockopt_bytes(fd, libc::IPPROTO_TCP, libc::TCP_INFO, &mut buf).ok()?;
        Self::from_bytes(&buf[..len])
    }

    /// Of a socket; `None` where it is not TCP or the system has no TCP_INFO of this layout.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of(_fd: std::os::fd::BorrowedFd<'_>) -> Option<Self> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_kernel_leaves_later_fields_out() {
        let mut bytes = [0_u8; 280];
        bytes[0] = 1;
        bytes[228..232].copy_from_slice(&4096_u32.to_ne_bytes());
        let full = TcpInfo::from_bytes(&bytes).unwrap();
        assert_eq!(full.snd_wnd, Some(4096));
        let old = TcpInfo::from_bytes(&bytes[..104]).unwrap();
        assert_eq!(old.state, TcpState::Established);
        assert_eq!((old.snd_wnd, old.bytes_acked), (None, None));
        assert_eq!(TcpInfo::from_bytes(&bytes[..50]), None);
        bytes[0] = 99;
        assert_eq!(TcpInfo::from_bytes(&bytes), None);
    }
}
