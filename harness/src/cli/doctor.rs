//! `harness doctor`: what can be proved on this machine.

use std::fmt::Write as _;

use super::Screen;
use crate::exit;

/// Shows the facts that decide what can be proved here.
pub(super) fn main(screen: &Screen) -> u8 {
    let system = harness_net::system();
    let mut out = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<22} {value}");
    };
    line("kernel", &format!("{} {}", system.kernel, system.arch));
    line(
        "processor",
        &format!("{} cores, {}", system.cpus, system.cpu_model),
    );
    line("load average", &format!("{:?}", system.load_average));
    let yes = |can: bool, yes: &str, no: &str| if can { yes.to_owned() } else { no.to_owned() };
    line(
        "proof consumed",
        &yes(
            system.sock_diag,
            "yes: sock_diag answers",
            "no: sock_diag is missing; splits are paced, unproved",
        ),
    );
    line(
        "proof queued_together",
        &yes(cfg!(target_os = "linux"), "yes: segments are counted", "no"),
    );
    line(
        "namespaces",
        &yes(
            system.user_namespaces,
            "yes: unprivileged user namespaces",
            "no: cases that need one are skipped",
        ),
    );
    if let Ok((soft, hard)) = harness_net::fd_limit() {
        line("open files", &format!("{soft} (at most {hard})"));
    }
    line(
        "ipv6 on loopback",
        &yes(
            crate::plan::Facts::here().ipv6,
            "yes",
            "no: cases that need it are skipped",
        ),
    );
    for (name, value) in &system.sysctls {
        line(name, value);
    }
    screen.out(&out);
    exit::OK
}
