//! Whether a case fits its target and this machine.

use harness_net::Transport;

use super::Fate;
use crate::scenario::model::{
    Capability, Case, Message, Need, Order, Origin, Profile, Reply, Role, Step,
};
use crate::target;
use crate::verdict;

/// What is known of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The loopback interface has `::1`.
    pub ipv6: bool,
    /// Descriptors that this process may open.
    pub descriptors: u64,
    /// Whether a program can be found.
    pub finds: fn(&str) -> bool,
    /// The value of a sysctl(8) setting that is one number.
    pub sysctl: fn(&str) -> Option<u32>,
}

impl Facts {
    /// Looks at this machine.
    pub fn here() -> Self {
        Self {
            ipv6: harness_net::has_ipv6_loopback(),
            // Where it is not known, opening connections tells.
            descriptors: harness_net::raise_fd_limit().unwrap_or(u64::MAX),
            finds: |p| target::program(p).is_some(),
            sysctl: harness_net::sysctl_number,
        }
    }
}

/// Decides whether a case runs against a target.
pub fn fate(case: &Case, profile: &Profile, facts: &Facts) -> Fate {
    if let Origin::Start(command) = &profile.origin
        && let Some(program) = &command.if_present
        && !(facts.finds)(program)
    {
        return Fate::Skip(format!("{program} is not installed"));
    }
    let lacks = |what: &str| Fate::Unsupported(format!("the target {what}"));
    match (profile.role, steps_are_for(&case.steps)) {
        (Role::Client, Some(Role::Server)) => return lacks("is a client, and the case connects"),
        (Role::Server, Some(Role::Client)) => return lacks("is a server, and the case accepts"),
        _ => {}
    }
    for need in &case.needs {
        let started = !matches!(profile.origin, Origin::Connect(_) | Origin::None);
        match need {
            Need::Capability(c) if profile.without.contains(c) => {
                return lacks(&format!("is declared `without: [{}]`", word(*c)));
            }
            Need::Capability(Capability::Restart) if !started => {
                return lacks("was not started by the harness, so it cannot be started again");
            }
            Need::Stream if !profile.transport.is_stream() => {
                return lacks("does not speak a stream");
            }
            Need::Datagram if !profile.transport.is_datagram() => {
                return lacks("does not speak datagrams");
            }
            Need::Udp if profile.transport != Transport::Udp => return lacks("does not speak UDP"),
            Need::Unix if !profile.transport.is_unix() => {
                return lacks("does not speak over a Unix socket");
            }
            Need::Tcp if profile.transport != Transport::Tcp => return lacks("does not speak TCP"),
            Need::Server if profile.role != Role::Server => return lacks("is a client"),
            Need::Client if profile.role != Role::Client => return lacks("is a server"),
            Need::Started if !started => return lacks("was not started by the harness"),
            Need::LengthField if !has_length_field(profile) => {
                return lacks("has no frame with a length field");
            }
            Need::Ipv6 if !facts.ipv6 => {
                return Fate::Skip("this machine has no IPv6 on its loopback interface".to_owned());
            }
            _ => {}
        }
    }
    // The target may be another than the one that the case was checked with.
    let differs = profile.refers || !profile.volatile.is_empty() || profile.order == Order::Any;
    if case.load.is_some() && differs {
        let what = "load with messages that follow from one another, or with replies that may \
                    differ, is not built yet";
        return Fate::Unsupported(what.to_owned());
    }
    for setting in &case.sysctl {
        let now = (facts.sysctl)(&setting.name);
        if !now.is_some_and(|now| verdict::holds(setting.is, now.into())) {
            let now = now.map_or("not known".to_owned(), |now| now.to_string());
            let bound = verdict::bound(setting.is);
            return Fate::Skip(format!(
                "{} is {now} here, and must be {bound}",
                setting.name
            ));
        }
    }
    Fate::Run
}

/// The role of the targets that steps are for; `None` where they fit either.
fn steps_are_for(steps: &[Step]) -> Option<Role> {
    steps.iter().find_map(|step| {
        let inner = || steps_are_for(step.kind.inner());
        step.kind.role().or_else(inner)
    })
}

fn has_length_field(profile: &Profile) -> bool {
    let named = |m: &Message| m.framing.layout().iter().any(|f| f.name == "length");
    let of = |m: &Message| match m.shape() {
        Some(encoded) => encoded.fields.iter().any(|f| &*f.name == "length"),
        None => named(m),
    };
    profile.exchanges.iter().any(|e| {
        e.request.as_ref().is_some_and(of)
            || matches!(&e.reply, Reply::Given(all) if all.iter().any(of))
    })
}

/// The word of `without:` for a capability.
pub(super) fn word(capability: Capability) -> &'static str {
    match capability {
        Capability::Pipelining => "pipelining",
        Capability::HalfClose => "half_close",
        Capability::EarlyData => "early_data",
        Capability::Reuse => "reuse",
        Capability::Concurrency => "concurrency",
        Capability::Restart => "restart",
        Capability::Hostile => "hostile",
    }
}
