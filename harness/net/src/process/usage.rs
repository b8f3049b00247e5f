//! What a tree of processes costs: processor time, memory, descriptors (proc(5)).

use std::time::Duration;

/// Processor time, user and system, of live processes and of those that they reaped, plus what
/// `reaper` has reaped. `None` elsewhere than on Linux, or if nothing is left to ask.
#[cfg(target_os = "linux")]
pub(crate) fn cpu_time(reaper: u32, tree: &[u32]) -> Option<Duration> {
    let mut buf = Vec::new();
    let mut ticks = ticks(reaper, &mut buf)?.1;
    for pid in tree {
        if let Some((own, reaped)) = self::ticks(*pid, &mut buf) {
            ticks += own + reaped;
        }
    }
    let hz = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    let hz = u64::try_from(hz).ok().filter(|hz| *hz > 0)?;
    Some(
        Duration::from_secs(ticks / hz)
            + Duration::from_secs(1) * u32::try_from(ticks % hz).ok()? / u32::try_from(hz).ok()?,
    )
}

/// Own and reaped ticks: fields 14 to 17 of proc_pid_stat(5).
#[cfg(target_os = "linux")]
fn ticks(pid: u32, buf: &mut Vec<u8>) -> Option<(u64, u64)> {
    crate::procfs::read(format!("/proc/{pid}/stat").as_ref(), buf).ok()?;
    let mut fields = crate::procfs::fields(buf)?.skip(11);
    let mut next = || -> Option<u64> { std::str::from_utf8(fields.next()?).ok()?.parse().ok() };
    let (user, system, reaped_user, reaped_system) = (next()?, next()?, next()?, next()?);
    Some((user + system, reaped_user + reaped_system))
}

/// Resident memory in bytes. Pages that processes share count for each.
#[cfg(target_os = "linux")]
pub(crate) fn rss_bytes(tree: &[u32]) -> Option<u64> {
    let mut buf = Vec::new();
    let mut pages = 0;
    for pid in tree {
        if crate::procfs::read(format!("/proc/{pid}/statm").as_ref(), &mut buf).is_ok() {
            let text = std::str::from_utf8(&buf).ok()?;
            pages += text.split(' ').nth(1)?.parse::<u64>().ok()?;
        }
    }
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok()??;
    Some(pages * u64::try_from(page).ok()?)
}

/// Open descriptors.
#[cfg(target_os = "linux")]
pub(crate) fn fds(tree: &[u32]) -> Option<usize> {
    Some(
        tree.iter()
            .filter_map(|pid| std::fs::read_dir(format!("/proc/{pid}/fd")).ok())
            .map(Iterator::count)
            .sum(),
    )
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn cpu_time(_reaper: u32, _tree: &[u32]) -> Option<Duration> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn rss_bytes(_tree: &[u32]) -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn fds(_tree: &[u32]) -> Option<usize> {
    None
}
