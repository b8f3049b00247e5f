//! The facts about this machine that a figure or a verdict may depend on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::netlink::Diag;

/// The machine, as reports and `doctor` tell it. What cannot be learned is empty, 0 or `None`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct System {
    /// Name and release of the kernel, as `Linux 6.18.44`.
    pub kernel: String,
    /// The architecture, as `x86_64`.
    pub arch: String,
    /// Processors that this process may use.
    pub cpus: usize,
    /// The processor's name.
    pub cpu_model: String,
    /// The frequency governor of the first processor (cpufreq); `None` in most virtual machines.
    pub governor: Option<String>,
    /// Runnable tasks on average over 1, 5 and 15 minutes (proc_loadavg(5)).
    pub load_average: [f64; 3],
    /// TCP's congestion control (tcp(7)).
    pub congestion_control: String,
    /// Settings that change what is observed, by their sysctl(8) names. Those of the kernel that it
    /// does not have are left out.
    pub sysctls: BTreeMap<String, String>,
    /// Largest packet on loopback, bytes.
    pub loopback_mtu: Option<u32>,
    /// True if unprivileged user namespaces seem allowed (user_namespaces(7)); not tried.
    pub user_namespaces: bool,
    /// True if sockets can be watched (sock_diag(7)), without which no delivery is proved.
    pub sock_diag: bool,
}

/// The settings that decide about catalogue cases: retransmission, TIME_WAIT, backlog, buffers,
/// ports.
const SYSCTLS: [&str; 24] = [
    "kernel.pid_max",
    "kernel.unprivileged_userns_clone",
    "kernel.yama.ptrace_scope",
    "net.core.rmem_default",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_default",
    "net.core.wmem_max",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_allowed_congestion_control",
    "net.ipv4.tcp_autocorking",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_fastopen",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_pingpong_thresh",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syn_linear_timeouts",
    "net.ipv4.tcp_syn_retries",
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_wmem",
    "net.unix.max_dgram_qlen",
];

/// Collects the facts; a few milliseconds. Nothing of it fails.
pub fn system() -> System {
    let uname = nix::sys::utsname::uname().ok();
    let name = |pick: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        uname
            .as_ref()
            .map(|u| pick(u).to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let sysctls: BTreeMap<String, String> = SYSCTLS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), sysctl(name)?)))
        .collect();
    System {
        kernel: format!("{} {}", name(|u| u.sysname()), name(|u| u.release())),
        arch: name(|u| u.machine()),
        cpus: std::thread::available_parallelism().map_or(0, Into::into),
        cpu_model: cpu_model().unwrap_or_default(),
        governor: line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        load_average: load_average().unwrap_or_default(),
        congestion_control: sysctls
            .get("net.ipv4.tcp_congestion_control")
            .cloned()
            .unwrap_or_default(),
        loopback_mtu: line("/sys/class/net/lo/mtu").and_then(|mtu| mtu.parse().ok()),
        user_namespaces: user_namespaces(&sysctls),
        sock_diag: Diag::open().is_ok(),
        sysctls,
    }
}

/// The value of a sysctl(8) setting that is one number; `None` where there is no such setting, or it
/// is none.
pub fn sysctl_number(name: &str) -> Option<u32> {
    sysctl(name)?.parse().ok()
}

/// Its value on one line, fields apart by one space.
fn sysctl(name: &str) -> Option<String> {
    let text = line(format!("/proc/sys/{}", name.replace('.', "/")))?;
    Some(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

fn line(path: impl AsRef<Path>) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = text.lines().find(|l| l.starts_with("model name"))?;
    Some(model.split_once(':')?.1.trim().to_owned())
}

fn load_average() -> Option<[f64; 3]> {
    let text = line("/proc/loadavg")?;
    let mut figures = text.split(' ').map_while(|f| f.parse().ok());
    Some([figures.next()?, figures.next()?, figures.next()?])
}

fn user_namespaces(sysctls: &BTreeMap<String, String>) -> bool {
    let allowed = |name: &str| sysctls.get(name).is_none_or(|v| v != "0");
    Path::new("/proc/self/ns/user").exists()
        && allowed("kernel.unprivileged_userns_clone")
        && line("/proc/sys/user/max_user_namespaces").is_some_and(|n| n != "0")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_linux_are_there() {
        let facts = system();
        assert!(facts.kernel.starts_with("Linux "), "{facts:?}");
        assert!(facts.cpus > 0 && !facts.arch.is_empty(), "{facts:?}");
        let range = &facts.sysctls["net.ipv4.ip_local_port_range"];
        assert_eq!(range.split(' ').count(), 2, "{range}");
        assert_eq!(
            facts.sysctls["net.ipv4.tcp_congestion_control"],
            facts.congestion_control
        );
    }
}
